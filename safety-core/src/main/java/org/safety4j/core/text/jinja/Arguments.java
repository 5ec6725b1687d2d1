package org.safety4j.core.text.jinja;

import java.util.List;
import java.util.Map;

/**
 * Arguments of a call.
 *
 * @param callee what is called, for messages
 * @param positional values by position
 * @param named values by name, in order
 */
record Arguments(String callee, List<Object> positional, Map<String, Object> named) {
  /** Marks a parameter that was not given. */
  static final Object MISSING = new Object();

  /** Values in the order of {@code names}; those not given are {@link #MISSING}. */
  Object[] bind(Machine machine, int required, String... names) {
    if (positional.size() > names.length) {
      throw machine.fail(
          callee + " takes at most " + names.length + " arguments, was given " + positional.size());
    }
    Object[] bound = new Object[names.length];
    java.util.Arrays.fill(bound, MISSING);
    for (int i = 0; i < positional.size(); i++) {
      bound[i] = positional.get(i);
    }
    for (Map.Entry<String, Object> entry : named.entrySet()) {
      int index = List.of(names).indexOf(entry.getKey());
      if (index < 0) {
        throw machine.fail(callee + " has no argument '" + entry.getKey() + "'");
      }
      if (bound[index] != MISSING) {
        throw machine.fail(callee + " is given '" + entry.getKey() + "' twice");
      }
      bound[index] = entry.getValue();
    }
    for (int i = 0; i < required; i++) {
      if (bound[i] == MISSING) {
        throw machine.fail(callee + " needs the argument '" + names[i] + "'");
      }
    }
    return bound;
  }

  static Object or(Object value, Object orElse) {
    return value == MISSING ? orElse : value;
  }

  Arguments from(int first) {
    return new Arguments(
        callee, positional.subList(Math.min(first, positional.size()), positional.size()), named);
  }
}
