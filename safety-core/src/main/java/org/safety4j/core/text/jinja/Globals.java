package org.safety4j.core.text.jinja;

import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The functions that every template can call. */
final class Globals {
  private Globals() {}

  static Frame frame() {
    Frame frame = new Frame(null);
    frame.set("range", (Callable) Globals::range);
    frame.set("dict", (Callable) (m, a) -> map(m, a));
    frame.set(
        "namespace",
        (Callable)
            (m, a) -> {
              Namespace namespace = new Namespace();
              map(m, a).forEach((k, v) -> namespace.attributes.put(String.valueOf(k), v));
              return namespace;
            });
    frame.set("joiner", (Callable) Globals::joiner);
    frame.set("cycler", (Callable) Globals::cycler);
    frame.set(
        "raise_exception",
        (Callable)
            (m, a) -> {
              throw m.raised(Values.text(m, a.bind(m, 1, "message")[0]));
            });
    frame.set(
        "strftime_now",
        (Callable)
            (m, a) ->
                Format.time(
                    m,
                    Values.expectText(m, "the format", a.bind(m, 1, "format")[0]),
                    ZonedDateTime.now(m.clock)));
    return frame;
  }

  private static Object range(Machine m, Arguments a) {
    Object[] given = a.bind(m, 1, "start", "stop", "step");
    int[] n = new int[3];
    for (int i = 0; i < 3; i++) {
      n[i] =
          given[i] == Arguments.MISSING
              ? 1
              : Values.expectInt(m, "the argument of range()", given[i]);
    }
    boolean one = given[1] == Arguments.MISSING;
    long from = one ? 0 : n[0];
    long to = one ? n[0] : n[1];
    long step = n[2];
    if (step == 0) {
      throw m.fail("the step of range() must not be 0");
    }
    long count =
        Math.max(0, step > 0 ? (to - from + step - 1) / step : (from - to - step - 1) / -step);
    if (count > Limits.RANGE) {
      throw m.fail("range() is limited to " + Limits.RANGE + " numbers, asked for " + count);
    }
    m.step(count);
    List<Object> numbers = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      numbers.add(from + i * step);
    }
    return numbers;
  }

  private static Map<Object, Object> map(Machine m, Arguments a) {
    Map<Object, Object> map = new LinkedHashMap<>();
    if (a.positional().size() > 1) {
      throw m.fail(a.callee() + " takes at most one argument by position");
    }
    for (Object source : a.positional()) {
      if (source instanceof Map<?, ?> given) {
        map.putAll(given);
      } else {
        for (Object pair : Values.items(m, source)) {
          List<Object> items = Values.items(m, pair);
          if (items.size() != 2) {
            throw m.fail(a.callee() + " needs pairs, found " + items.size() + " items");
          }
          map.put(Values.key(m, items.get(0)), items.get(1));
        }
      }
    }
    map.putAll(a.named());
    m.step(map.size());
    return map;
  }

  private static Object joiner(Machine m, Arguments a) {
    Object separator = Arguments.or(a.bind(m, 0, "sep")[0], ", ");
    boolean[] used = {false};
    return (Callable)
        (machine, none) -> {
          Object result = used[0] ? separator : "";
          used[0] = true;
          return result;
        };
  }

  private static Object cycler(Machine m, Arguments a) {
    List<Object> items = a.positional();
    if (items.isEmpty()) {
      throw m.fail("cycler() needs values");
    }
    int[] at = {0};
    Namespace cycler = new Namespace();
    cycler.attributes.put("current", items.get(0));
    cycler.attributes.put(
        "next",
        (Callable)
            (machine, none) -> {
              Object result = items.get(at[0]);
              at[0] = (at[0] + 1) % items.size();
              cycler.attributes.put("current", items.get(at[0]));
              return result;
            });
    cycler.attributes.put(
        "reset",
        (Callable)
            (machine, none) -> {
              at[0] = 0;
              cycler.attributes.put("current", items.get(0));
              return null;
            });
    return cycler;
  }
}
