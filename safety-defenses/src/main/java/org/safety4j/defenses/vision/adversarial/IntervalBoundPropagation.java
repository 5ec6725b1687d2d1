package org.safety4j.defenses.vision.adversarial;

import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Hardening;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.defenses.engine.certify.CertifiedLoss;

/**
 * Trains a small network so that its robustness can be proved: the loss of the worst logits that
 * interval bounds allow in a growing ball.
 *
 * <pre>{@code
 * Protected<ImageClassifier.White> trained =
 *     IntervalBoundPropagation.linf(0.1).apply(recipe, train, Run.seed(0));
 * BoundPropagation.curve((LayeredNetwork) trained.model(), test, BoundMethod.CROWN, Run.seed(0));
 * }</pre>
 *
 * <p>The recipe must make a {@link org.safety4j.defenses.engine.certify.LayeredNetwork}.
 *
 * <p><b>Source</b>: S. Gowal and others, "On the Effectiveness of Interval Bound Propagation for
 * Training Verifiably Robust Models", 2018; H. Zhang and others, "Towards Stable and Efficient
 * Training of Verifiably Robust Neural Networks", International Conference on Learning
 * Representations, 2020, for {@link #crownLinf}.
 *
 * <p><b>Deviations</b>: ball and weights change linearly; optimiser and learning rate are the
 * recipe's.
 *
 * @param plan radius, weights and their growth
 */
public record IntervalBoundPropagation(CertifiedLoss.Plan plan)
    implements Hardening<ClassifierRecipe, LabeledImages, ImageClassifier.White> {
  /**
   * Trains with interval bounds: no ball in the first tenth of the steps, full after six tenths,
   * half of the weight on the images' own loss in the end.
   *
   * @param epsilon radius of the Linf ball, in (0, 1]
   * @return the defense
   */
  public static IntervalBoundPropagation linf(double epsilon) {
    return new IntervalBoundPropagation(new CertifiedLoss.Plan(epsilon, 0.5, 0.1, 0.6, false));
  }

  /**
   * CROWN-IBP: linear relaxation of the margins at first, which gives way to intervals as the ball
   * grows; no weight on the images' own loss in the end.
   *
   * @param epsilon radius of the Linf ball, in (0, 1]
   * @return the defense
   */
  public static IntervalBoundPropagation crownLinf(double epsilon) {
    return new IntervalBoundPropagation(new CertifiedLoss.Plan(epsilon, 0, 0.1, 0.6, true));
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.IBP;
  }

  @Override
  public Class<ClassifierRecipe> requires() {
    return ClassifierRecipe.class;
  }

  @Override
  public Class<LabeledImages> needs() {
    return LabeledImages.class;
  }

  /**
   * Trains.
   *
   * @throws org.safety4j.core.error.UnsupportedModel if the recipe makes another kind of network
   */
  @Override
  public Protected<ImageClassifier.White> apply(
      ClassifierRecipe recipe, LabeledImages data, Run run) {
    int batch = recipe.options().batchSize();
    long steps = (data.size() + batch - 1L) / batch * recipe.options().epochs();
    CertifiedLoss loss = new CertifiedLoss(plan, steps);
    return Protected.made(this, recipe, recipe.train(data, loss, run));
  }
}
