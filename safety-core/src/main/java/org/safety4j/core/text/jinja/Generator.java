package org.safety4j.core.text.jinja;

import java.util.List;

/**
 * What filters such as {@code map} give: items that can be walked through once, without a length.
 */
final class Generator {
  private List<Object> items;

  Generator(List<Object> items) {
    this.items = items;
  }

  List<Object> take() {
    List<Object> all = items;
    items = List.of();
    return all;
  }

  Object next(Object orElse) {
    if (items.isEmpty()) {
      return orElse;
    }
    Object first = items.get(0);
    items = items.subList(1, items.size());
    return first;
  }
}
