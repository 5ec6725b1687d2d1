package org.safety4j.attacks.engine.perturb;

import java.util.ArrayList;
import java.util.List;

/** After which steps an {@link AdaptiveAscent} looks back: intervals that shrink. */
public final class Checkpoints {
  private static final double FIRST = 0.22;
  private static final double SHRINK = 0.03;
  private static final double LEAST = 0.06;

  private Checkpoints() {}

  /**
   * Lists the checkpoints of a search.
   *
   * @param steps number of steps
   * @return rising numbers of steps, the first one 0
   */
  public static int[] of(int steps) {
    List<Integer> points = new ArrayList<>(List.of(0));
    int interval = Math.max(1, (int) (FIRST * steps));
    int shrink = Math.max(1, (int) (SHRINK * steps));
    int least = Math.max(1, (int) (LEAST * steps));
    for (int at = interval; at < steps; at += interval) {
      points.add(at);
      interval = Math.max(interval - shrink, least);
    }
    return points.stream().mapToInt(Integer::intValue).toArray();
  }
}
