package org.safety4j.defenses.vision.adversarial;

import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Hardening;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.defenses.engine.train.WeightPerturbation;

/**
 * Trains adversarially with the weights, too, at their worst within a small neighbourhood, which
 * flattens the loss and narrows the gap between training and test robustness.
 *
 * <pre>{@code
 * AdversarialWeightPerturbation.on(Trades.linf(0.1)).apply(recipe, train, Run.seed(0));
 * }</pre>
 *
 * <p><b>Source</b>: D. Wu, S.-T. Xia and Y. Wang, "Adversarial Weight Perturbation Helps Robust
 * Generalization", Advances in Neural Information Processing Systems, 2020.
 *
 * <p><b>Deviations</b>: no warm-up epochs without the perturbation.
 *
 * @param base the adversarial training that is done there
 * @param gamma size of the perturbation as a share of each weight's norm, greater than 0; 0.005 by
 *     default
 */
public record AdversarialWeightPerturbation(AdversarialHardening base, double gamma)
    implements Hardening<ClassifierRecipe, LabeledImages, ImageClassifier.White> {
  /**
   * Checks the range.
   *
   * @param base the adversarial training that is done there
   * @param gamma size of the perturbation as a share of each weight's norm, greater than 0; 0.005
   *     by default
   */
  public AdversarialWeightPerturbation {
    Require.positive("gamma", gamma);
  }

  /**
   * Perturbs the weights of an adversarial training.
   *
   * @param base such as {@link PgdAdversarialTraining} or {@link Trades}
   * @return the defense
   */
  public static AdversarialWeightPerturbation on(AdversarialHardening base) {
    return new AdversarialWeightPerturbation(base, 0.005);
  }

  /**
   * Changes the size of the perturbation.
   *
   * @param value share of each weight's norm, greater than 0
   * @return a copy
   */
  public AdversarialWeightPerturbation withGamma(double value) {
    return new AdversarialWeightPerturbation(base, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.AWP;
  }

  @Override
  public Class<ClassifierRecipe> requires() {
    return ClassifierRecipe.class;
  }

  @Override
  public Class<LabeledImages> needs() {
    return LabeledImages.class;
  }

  @Override
  public Protected<ImageClassifier.White> apply(
      ClassifierRecipe recipe, LabeledImages data, Run run) {
    WeightPerturbation loss = new WeightPerturbation(base.loss(), gamma);
    return Protected.made(this, recipe, recipe.train(data, loss, run));
  }
}
