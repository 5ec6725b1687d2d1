package org.safety4j.core.text.jinja;

import java.util.List;

/** The {@code loop} variable. */
final class Loop {
  private final List<Object> items;
  private int index = -1;
  private Object seen = this;

  Loop(List<Object> items) {
    this.items = items;
  }

  boolean advance() {
    return ++index < items.size();
  }

  Object current() {
    return items.get(index);
  }

  Object attribute(Machine m, String name) {
    int size = items.size();
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) size - index;
      case "revindex0" -> size - index - 1L;
      case "first" -> index == 0;
      case "last" -> index == size - 1;
      case "length" -> (long) size;
      case "depth" -> 1L;
      case "depth0" -> 0L;
      case "previtem" ->
          index > 0 ? items.get(index - 1) : new Undefined("there is no previous item");
      case "nextitem" ->
          index + 1 < size ? items.get(index + 1) : new Undefined("there is no next item");
      case "cycle" ->
          (Callable)
              (machine, a) -> {
                if (a.positional().isEmpty()) {
                  throw machine.fail("loop.cycle() needs values");
                }
                return a.positional().get(index % a.positional().size());
              };
      case "changed" ->
          (Callable)
              (machine, a) -> {
                Object now = new Tuple(a.positional());
                boolean changed = seen == this || !Values.equal(machine, seen, now);
                seen = now;
                return changed;
              };
      default -> new Undefined("the loop has no '" + name + "'");
    };
  }
}
