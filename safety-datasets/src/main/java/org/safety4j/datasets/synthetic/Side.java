package org.safety4j.datasets.synthetic;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A side of a picture. */
enum Side {
  LEFT,
  RIGHT,
  TOP,
  BOTTOM;

  /** Such as {@code left}. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  private double reach(SceneItem item) {
    return switch (this) {
      case LEFT -> -item.x();
      case RIGHT -> item.x();
      case TOP -> -item.y();
      case BOTTOM -> item.y();
    };
  }

  /** The item whose centre is farthest to this side, by a lead in pixels before the next. */
  Optional<SceneItem> farthest(List<SceneItem> items, double lead) {
    SceneItem first = null;
    double most = Double.NEGATIVE_INFINITY;
    double next = Double.NEGATIVE_INFINITY;
    for (SceneItem item : items) {
      double value = reach(item);
      if (value > most) {
        next = most;
        most = value;
        first = item;
      } else {
        next = Math.max(next, value);
      }
    }
    return most - next >= lead ? Optional.of(first) : Optional.empty();
  }
}
