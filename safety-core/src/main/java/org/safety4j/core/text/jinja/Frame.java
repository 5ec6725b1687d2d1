package org.safety4j.core.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** Variables of one scope, and the scope around it. */
final class Frame {
  private final Frame outer;
  private final Map<String, Object> variables = new HashMap<>();

  Frame(Frame outer) {
    this.outer = outer;
  }

  Object get(String name) {
    for (Frame f = this; f != null; f = f.outer) {
      Object value = f.variables.get(name);
      if (value != null || f.variables.containsKey(name)) {
        return value;
      }
    }
    return new Undefined("'" + name + "' is undefined");
  }

  void set(String name, Object value) {
    variables.put(name, value);
  }
}
