package org.safety4j.bench.stats;

import java.util.List;

/**
 * What is left of a subject's accuracy when every image is attacked by whatever attack works best
 * on it, counting only successes within a ball.
 *
 * @param subject model and defense
 * @param norm the ball's norm
 * @param epsilon the ball's radius
 * @param robust share of all images classified correctly under every attack
 * @param attacks how many attacks were tried
 * @param strongest the attack that alone leaves the least; empty if none won an image
 * @param doubtful whether no attack that stays within such balls landed on the undefended model, so
 *     that the figure says nothing
 */
public record Worst(
    Subject subject,
    String norm,
    double epsilon,
    Figure robust,
    int attacks,
    String strongest,
    boolean doubtful) {
  /**
   * A subject's accuracy against the radius.
   *
   * @param subject model and defense
   * @param norm the balls' norm
   * @param points one figure a radius, by rising radius, from 0
   */
  public record Curve(Subject subject, String norm, List<Worst> points) {}
}
