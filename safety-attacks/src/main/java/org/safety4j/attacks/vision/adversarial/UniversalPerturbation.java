package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.safety4j.attacks.engine.perturb.Active;
import org.safety4j.attacks.engine.perturb.Attempt;
import org.safety4j.attacks.engine.perturb.GradientSource;
import org.safety4j.attacks.engine.perturb.ModelGradient;
import org.safety4j.attacks.engine.perturb.Sight;
import org.safety4j.attacks.engine.perturb.Status;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Margin;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Projections;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Finds one change that, added to any image of a set, makes the model err.
 *
 * <p><b>Source</b>: Moosavi-Dezfooli, Fawzi, Fawzi, Frossard: Universal Adversarial Perturbations.
 * CVPR, 2017. <b>Deviations</b>: the change ascends the mean of capped margins over minibatches,
 * instead of adding up DeepFool steps.
 *
 * <p>Every image that the model classifies correctly is given with the change added, whether it
 * falls or not. {@link #learn} gives the change itself, to be added to images that were not seen.
 * Costs one query an image and epoch.
 *
 * @param ball where the change stays, Linf or L2
 * @param epochs passes over the images, at least 0; 10 by default
 * @param batchSize images in a step, at least 1; 32 by default
 * @param stepShare step size as a share of epsilon, in (0, 2]; 0.1 by default
 * @param cap the margin beyond which an image no longer counts, at least 0; 1 by default
 */
public record UniversalPerturbation(
    Ball ball, int epochs, int batchSize, double stepShare, double cap)
    implements EvasionAttack.White, Constrained<UniversalPerturbation> {
  /**
   * Checks the ranges.
   *
   * @param ball where the change stays, Linf or L2
   * @param epochs passes over the images, at least 0; 10 by default
   * @param batchSize images in a step, at least 1; 32 by default
   * @param stepShare step size as a share of epsilon, in (0, 2]; 0.1 by default
   * @param cap the margin beyond which an image no longer counts, at least 0; 1 by default
   */
  public UniversalPerturbation {
    Steps.requireNorm(ball, Norm.LINF, Norm.L2);
    Require.atLeast("epochs", epochs, 0);
    Require.atLeast("batchSize", batchSize, 1);
    Steps.requireShare(stepShare);
    Require.that(cap >= 0, "cap must be at least 0, was " + cap);
  }

  private static UniversalPerturbation in(Ball ball) {
    return new UniversalPerturbation(ball, 10, 32, 0.1, 1);
  }

  /**
   * Ten epochs in an Linf ball.
   *
   * @param epsilon in (0, 1]
   * @return the attack
   */
  public static UniversalPerturbation linf(double epsilon) {
    return in(Ball.linf(epsilon));
  }

  /**
   * Ten epochs in an L2 ball.
   *
   * @param epsilon greater than 0
   * @return the attack
   */
  public static UniversalPerturbation l2(double epsilon) {
    return in(Ball.l2(epsilon));
  }

  @Override
  public UniversalPerturbation withBall(Ball value) {
    return new UniversalPerturbation(value, epochs, batchSize, stepShare, cap);
  }

  /**
   * Changes the number of epochs.
   *
   * @param value at least 0
   * @return a copy
   */
  public UniversalPerturbation withEpochs(int value) {
    return new UniversalPerturbation(ball, value, batchSize, stepShare, cap);
  }

  /**
   * Changes how many images are in a step.
   *
   * @param value at least 1
   * @return a copy
   */
  public UniversalPerturbation withBatchSize(int value) {
    return new UniversalPerturbation(ball, epochs, value, stepShare, cap);
  }

  /**
   * Changes the step size.
   *
   * @param value as a share of epsilon, in (0, 2]
   * @return a copy
   */
  public UniversalPerturbation withStepShare(double value) {
    return new UniversalPerturbation(ball, epochs, batchSize, value, cap);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.UAP;
  }

  /**
   * Finds the change.
   *
   * @param model the model; stays the caller's
   * @param input images to learn from; stay the caller's
   * @param run seed, budget, cancellation
   * @param owner the manager that the change will hang on
   * @return {@code [1, C, H, W]}
   */
  public NDArray learn(ImageClassifier.White model, LabeledImages input, Run run, NDManager owner) {
    try (Attempt attempt =
        Attempt.begin(info(), this, ball.norm(), model, input, Target.any(), run)) {
      return learn(attempt, input, owner);
    }
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt =
            Attempt.begin(info(), this, ball.norm(), model, input, Target.any(), run);
        NDManager own = Tensors.newManager()) {
      NDArray change = learn(attempt, input, own);
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          add(attempt, change, part);
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      return attempt.result();
    }
  }

  private void add(Attempt attempt, NDArray change, int[] part) {
    if (epochs == 0 || ball.epsilon() == 0 || !attempt.proceed()) {
      return;
    }
    try (Active active = attempt.activate(part);
        Scope scope = Scope.open()) {
      NDArray x = Ops.clamp(active.originals().add(change), 0, 1);
      attempt.conclude(active, x, IntStream.range(0, active.size()).toArray());
    }
  }

  private NDArray learn(Attempt attempt, LabeledImages input, NDManager owner) {
    Shape shape = new Shape(1).addAll(Tensors.elementShape(input.images()));
    NDArray change;
    try (Scope scope = Scope.open()) {
      change = scope.release(owner.zeros(shape), owner);
    }
    GradientSource source = ModelGradient.of(attempt, Margin.untargeted().withKappa(cap));
    int[] correct = attempt.standing();
    int step = 0;
    try {
      for (int e = 0; e < epochs && attempt.proceed(); e++) {
        int[] order = attempt.rng().derive("epoch").derive(e).permutation(correct.length);
        for (int from = 0; from < order.length && attempt.proceed(); from += batchSize) {
          int[] batch = new int[Math.min(batchSize, order.length - from)];
          int start = from;
          Arrays.setAll(batch, i -> correct[order[start + i]]);
          ascend(attempt, source, change, batch, step++);
        }
      }
    } catch (BudgetExceeded e) {
      attempt.exhaust(e);
    }
    return change;
  }

  private void ascend(
      Attempt attempt, GradientSource source, NDArray change, int[] batch, int step) {
    try (Active active = attempt.activate(batch);
        Scope scope = Scope.open()) {
      attempt.dropPoor(active, 2);
      if (active.isEmpty()) {
        return;
      }
      NDArray x = Ops.clamp(active.originals().add(change), 0, 1);
      Sight sight = source.look(active, x, scope, attempt.rng());
      Status status = Status.of(sight);
      attempt.stepped(active, step, status);
      attempt.run().listener().step(attempt.stage(), step + 1, 0, status.meanLoss());
      NDArray mean = sight.gradient().mean(new int[] {0}, true);
      double size = stepShare * ball.epsilon();
      NDArray centre = change.zerosLike();
      NDArray next;
      if (ball.norm() == Norm.LINF) {
        next = Projections.linf(change.add(mean.sign().mul(size)), centre, ball.epsilon());
      } else {
        NDArray length = Ops.normL2(mean).maximum(1e-20f).reshape(-1, 1, 1, 1);
        next = Projections.l2(change.add(mean.div(length).mul(size)), centre, ball.epsilon());
      }
      Ops.overwrite(change, next);
    }
  }
}
