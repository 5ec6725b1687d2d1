package org.safety4j.defenses.vision.adversarial;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Hardening;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.defenses.engine.train.FreeReplay;
import org.safety4j.defenses.engine.train.InnerMaximisation;
import org.safety4j.defenses.engine.train.OverfittingGuard;
import org.safety4j.defenses.engine.train.RobustLosses;
import org.safety4j.defenses.engine.train.RobustObjective;

/**
 * Trains adversarially at about the cost of standard training: one step of 1.25 epsilon from a
 * uniform start (Fast), or replays of each minibatch in which every backward pass serves weights
 * and perturbation (Free).
 *
 * <p>One-step training can lose all robustness within an epoch. After every epoch the accuracy
 * under 10 steps is measured on some training images; when it has fallen by {@code margin} below
 * the best, the best weights are put back and training goes on with searches of 4 steps. The run's
 * listener hears of every measurement (stage {@code robust-check}).
 *
 * <p><b>Source</b>: E. Wong, L. Rice and J. Z. Kolter, "Fast is Better than Free: Revisiting
 * Adversarial Training", International Conference on Learning Representations, 2020; A. Shafahi and
 * others, "Adversarial Training for Free!", Advances in Neural Information Processing Systems,
 * 2019.
 *
 * <p><b>Deviations</b>: where the paper stops at catastrophic overfitting, training goes on from
 * the best weights with more steps; no cyclic learning rate or half precision of its own, the
 * recipe decides.
 *
 * @param epsilon radius of the Linf ball, in (0, 1]
 * @param replays steps on each minibatch; 1 for Fast, more for Free
 * @param margin fall of robust accuracy that counts as catastrophic overfitting, in (0, 1]; 0.2 by
 *     default
 */
public record FastAdversarialTraining(double epsilon, int replays, double margin)
    implements Hardening<ClassifierRecipe, LabeledImages, ImageClassifier.White> {
  private static final double FAST_STEP = 1.25;
  private static final int CHECKED = 256;

  /**
   * Checks the ranges.
   *
   * @param epsilon radius of the Linf ball, in (0, 1]
   * @param replays steps on each minibatch; 1 for Fast, more for Free
   * @param margin fall of robust accuracy that counts as catastrophic overfitting, in (0, 1]; 0.2
   *     by default
   */
  public FastAdversarialTraining {
    Ball.linf(epsilon);
    Require.atLeast("replays", replays, 1);
    Require.that(margin > 0 && margin <= 1, "margin must be in (0, 1], was " + margin);
  }

  /**
   * Fast adversarial training: a uniform start and one step of 1.25 epsilon.
   *
   * @param epsilon radius of the Linf ball, in (0, 1]
   * @return the defense
   */
  public static FastAdversarialTraining linf(double epsilon) {
    return new FastAdversarialTraining(epsilon, 1, 0.2);
  }

  /**
   * Free adversarial training.
   *
   * @param epsilon radius of the Linf ball, in (0, 1]
   * @param replays steps on each minibatch, at least 2; 8 in the paper
   * @return the defense
   */
  public static FastAdversarialTraining free(double epsilon, int replays) {
    Require.atLeast("replays", replays, 2);
    return new FastAdversarialTraining(epsilon, replays, 0.2);
  }

  /**
   * Changes what counts as catastrophic overfitting.
   *
   * @param value fall of robust accuracy, in (0, 1]; 1 never counts
   * @return a copy
   */
  public FastAdversarialTraining withMargin(double value) {
    return new FastAdversarialTraining(epsilon, replays, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialDefenses.FAST_AT;
  }

  @Override
  public Class<ClassifierRecipe> requires() {
    return ClassifierRecipe.class;
  }

  @Override
  public Class<LabeledImages> needs() {
    return LabeledImages.class;
  }

  private InnerMaximisation search(int steps, double share) {
    return new InnerMaximisation(
        Ball.linf(epsilon), steps, share, InnerMaximisation.Start.UNIFORM, false);
  }

  @Override
  public Protected<ImageClassifier.White> apply(
      ClassifierRecipe recipe, LabeledImages data, Run run) {
    try (FreeReplay free = new FreeReplay(Ball.linf(epsilon), replays);
        LabeledImages checked = data.first(CHECKED)) {
      ClassifierRecipe.Loss cheap =
          replays > 1 ? free : RobustObjective.adversarial(search(1, FAST_STEP));
      ClassifierRecipe.Loss thorough = RobustObjective.adversarial(search(4, 0.5));
      int batch = recipe.options().batchSize();
      long epoch = (data.size() + batch - 1L) / batch;
      Check check = new Check(checked, run);
      try (OverfittingGuard guard =
          new OverfittingGuard(cheap, thorough, check::robustness, epoch, margin)) {
        TrainableClassifier model = recipe.train(data, guard, run);
        try {
          guard.check(model);
        } catch (RuntimeException e) {
          model.close();
          throw e;
        }
        return Protected.made(this, recipe, model);
      }
    }
  }

  /** Measures accuracy under a search of 10 steps. */
  private final class Check {
    private final LabeledImages images;
    private final Run run;
    private long done;

    Check(LabeledImages images, Run run) {
      this.images = images;
      this.run = run;
    }

    double robustness(TrainableClassifier model) {
      int[] samples = new int[images.size()];
      for (int i = 0; i < samples.length; i++) {
        samples[i] = i;
      }
      int[] answers;
      try (Scope scope = Scope.open()) {
        NDArray attacked =
            search(10, 0.25)
                .maximise(
                    model,
                    images.images(),
                    samples,
                    logits -> RobustLosses.crossEntropy(logits, images.labelArray()),
                    run.rng().derive("robust-check").derive(done));
        answers = model.labels(attacked);
      }
      int[] labels = images.labels();
      int right = 0;
      for (int i = 0; i < labels.length; i++) {
        right += answers[i] == labels[i] ? 1 : 0;
      }
      double accuracy = (double) right / labels.length;
      run.listener().step("robust-check", ++done, 0, accuracy);
      return accuracy;
    }
  }
}
