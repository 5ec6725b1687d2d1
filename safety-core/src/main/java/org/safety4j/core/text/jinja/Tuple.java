package org.safety4j.core.text.jinja;

import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/** A fixed list that prints in parentheses. */
final class Tuple extends AbstractList<Object> implements RandomAccess {
  private final List<Object> items;

  Tuple(List<Object> items) {
    this.items = items;
  }

  static Tuple of(Object first, Object second) {
    return new Tuple(java.util.Arrays.asList(first, second));
  }

  @Override
  public Object get(int index) {
    return items.get(index);
  }

  @Override
  public int size() {
    return items.size();
  }
}
