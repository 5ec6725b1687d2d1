package org.safety4j.testkit.assertions;

import org.assertj.core.api.AbstractAssert;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;

/**
 * Assertions about a classifier under an attack.
 *
 * @param <M> the rung
 */
public final class UnderAttackAssert<M extends ImageClassifier.Black>
    extends AbstractAssert<UnderAttackAssert<M>, M> {
  private final LabeledImages images;
  private final EvasionAttack<? super M> attack;
  private Budget budget = Budget.unlimited();
  private long seed;

  UnderAttackAssert(M actual, LabeledImages images, EvasionAttack<? super M> attack) {
    super(actual, UnderAttackAssert.class);
    this.images = images;
    this.attack = attack;
  }

  /**
   * Bounds the attack's time; it reports what it found until then. Stands before the assertion that
   * it bounds.
   *
   * @param seconds greater than 0
   * @return this assertion
   */
  public UnderAttackAssert<M> withinSeconds(double seconds) {
    budget = budget.withSeconds(seconds);
    return this;
  }

  /**
   * Sets the seed; 0 by default.
   *
   * @param value the root of the attack's randomness
   * @return this assertion
   */
  public UnderAttackAssert<M> withSeed(long value) {
    seed = value;
    return this;
  }

  /**
   * Verifies the accuracy that the attack leaves.
   *
   * @param bound in [0, 1]
   * @return this assertion
   */
  public UnderAttackAssert<M> hasRobustAccuracyAtLeast(double bound) {
    try (EvasionResult result = attack.run(actual, images, Run.seed(seed).withBudget(budget))) {
      new EvasionResultAssert(result)
          .as("%s under %s", actual.card().name(), attack.info().id())
          .hasRobustAccuracyAtLeast(bound);
    }
    return this;
  }
}
