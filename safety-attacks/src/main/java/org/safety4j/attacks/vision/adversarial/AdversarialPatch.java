package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.safety4j.attacks.engine.perturb.Active;
import org.safety4j.attacks.engine.perturb.Attempt;
import org.safety4j.attacks.engine.perturb.GradientSource;
import org.safety4j.attacks.engine.perturb.ModelGradient;
import org.safety4j.attacks.engine.perturb.Sight;
import org.safety4j.attacks.engine.perturb.Status;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Finds one square patch that, put anywhere on any image of a set, at any of several sizes and
 * angles, makes the model err. Pixels that the patch does not cover stay as they were.
 *
 * <p><b>Source</b>: Brown, Mané, Roy, Abadi, Gilmer: Adversarial Patch. NeurIPS Workshop, 2017.
 * <b>Deviations</b>: without a target the loss of the true class is raised; the patch ascends by
 * the sign of a gradient with momentum.
 *
 * <p>Every image that the model classifies correctly is given with the patch at a random place of
 * its own, whether it falls or not. {@link #learn} gives the patch, and {@link #put} puts it onto
 * images that were not seen. Costs one query an image and epoch.
 *
 * @param share side of the patch as a share of the shorter side of the image, in (0, 1]; 0.4 by
 *     default
 * @param leastScale smallest size that the patch is put at, as a share of its own, in (0, 1]; 0.8
 *     by default
 * @param degrees largest rotation to either side, in [0, 180]; 20 by default
 * @param epochs passes over the images, at least 0; 30 by default
 * @param batchSize images in a step, at least 1; 32 by default
 * @param rate step size in pixel values, greater than 0; 0.05 by default
 * @param target which class is wanted; any wrong one by default
 */
public record AdversarialPatch(
    double share,
    double leastScale,
    double degrees,
    int epochs,
    int batchSize,
    double rate,
    Target target)
    implements EvasionAttack.White {
  private static final double DECAY = 0.9;

  /**
   * Checks the ranges.
   *
   * @param share side of the patch as a share of the shorter side of the image, in (0, 1]; 0.4 by
   *     default
   * @param leastScale smallest size that the patch is put at, as a share of its own, in (0, 1]; 0.8
   *     by default
   * @param degrees largest rotation to either side, in [0, 180]; 20 by default
   * @param epochs passes over the images, at least 0; 30 by default
   * @param batchSize images in a step, at least 1; 32 by default
   * @param rate step size in pixel values, greater than 0; 0.05 by default
   * @param target which class is wanted; any wrong one by default
   */
  public AdversarialPatch {
    Require.that(share > 0 && share <= 1, "share must be in (0, 1], was " + share);
    Require.that(
        leastScale > 0 && leastScale <= 1, "leastScale must be in (0, 1], was " + leastScale);
    Require.inRange("degrees", degrees, 0, 180);
    Require.atLeast("epochs", epochs, 0);
    Require.atLeast("batchSize", batchSize, 1);
    Require.positive("rate", rate);
  }

  /**
   * A patch of some size at any place.
   *
   * @param share its side as a share of the image's shorter side, in (0, 1]
   * @return the attack
   */
  public static AdversarialPatch square(double share) {
    return new AdversarialPatch(share, 0.8, 20, 30, 32, 0.05, Target.any());
  }

  /**
   * Changes the range of sizes.
   *
   * @param value smallest size as a share of the patch's own, in (0, 1]
   * @return a copy
   */
  public AdversarialPatch withLeastScale(double value) {
    return new AdversarialPatch(share, value, degrees, epochs, batchSize, rate, target);
  }

  /**
   * Changes the range of angles.
   *
   * @param value largest rotation to either side, in [0, 180]
   * @return a copy
   */
  public AdversarialPatch withDegrees(double value) {
    return new AdversarialPatch(share, leastScale, value, epochs, batchSize, rate, target);
  }

  /**
   * Changes the number of epochs.
   *
   * @param value at least 0
   * @return a copy
   */
  public AdversarialPatch withEpochs(int value) {
    return new AdversarialPatch(share, leastScale, degrees, value, batchSize, rate, target);
  }

  /**
   * Changes the step size.
   *
   * @param value greater than 0
   * @return a copy
   */
  public AdversarialPatch withRate(double value) {
    return new AdversarialPatch(share, leastScale, degrees, epochs, batchSize, value, target);
  }

  /**
   * Changes the target.
   *
   * @param value which class is wanted
   * @return a copy
   */
  public AdversarialPatch withTarget(Target value) {
    return new AdversarialPatch(share, leastScale, degrees, epochs, batchSize, rate, value);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.PATCH;
  }

  /**
   * Finds the patch.
   *
   * @param model the model; stays the caller's
   * @param input images to learn from; stay the caller's
   * @param run seed, budget, cancellation
   * @param owner the manager that the patch will hang on
   * @return {@code [1, C, S, S]} with values in [0, 1]
   */
  public NDArray learn(ImageClassifier.White model, LabeledImages input, Run run, NDManager owner) {
    try (Attempt attempt = Attempt.begin(info(), this, Norm.L0, model, input, target, run)) {
      return learn(attempt, input, owner);
    }
  }

  /**
   * Puts a patch onto images, each at a place, size and angle of its own.
   *
   * @param patch {@code [1, C, S, S]}
   * @param images {@code [N, C, H, W]}
   * @param ids the images' numbers, which their places depend on
   * @param rng where the randomness comes from
   * @return {@code [N, C, H, W]}, owned by the caller
   */
  public NDArray put(NDArray patch, NDArray images, int[] ids, Rng rng) {
    try (Scope scope = Scope.open()) {
      return scope.keep(RecipePrograms.call("put_patch", patch, images, places(images, ids, rng)));
    }
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt = Attempt.begin(info(), this, Norm.L0, model, input, target, run);
        NDManager own = Tensors.newManager()) {
      NDArray patch = learn(attempt, input, own);
      Rng rng = attempt.rng().derive("last");
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          if (!attempt.proceed()) {
            break;
          }
          try (Active active = attempt.activate(part);
              Scope scope = Scope.open()) {
            NDArray x = put(patch, active.originals(), active.ids(), rng);
            attempt.conclude(active, x, IntStream.range(0, part.length).toArray());
          }
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      return attempt.result();
    }
  }

  private NDArray learn(Attempt attempt, LabeledImages input, NDManager owner) {
    Shape element = Tensors.elementShape(input.images());
    long side = Math.max(1, Math.round(share * Math.min(element.get(1), element.get(2))));
    NDArray patch;
    NDArray sum;
    try (Scope scope = Scope.open()) {
      Shape shape = new Shape(1, element.get(0), side, side);
      patch = scope.release(owner.full(shape, 0.5f), owner);
      sum = scope.release(owner.zeros(shape), owner);
    }
    GradientSource source = ModelGradient.of(attempt, Loss.CROSS_ENTROPY.towards(target));
    int[] correct = attempt.standing();
    int step = 0;
    try {
      for (int e = 0; e < epochs && attempt.proceed(); e++) {
        Rng rng = attempt.rng().derive("epoch").derive(e);
        int[] order = rng.permutation(correct.length);
        for (int from = 0; from < order.length && attempt.proceed(); from += batchSize) {
          int[] batch = new int[Math.min(batchSize, order.length - from)];
          int start = from;
          Arrays.setAll(batch, i -> correct[order[start + i]]);
          ascend(attempt, source, patch, sum, batch, rng.derive("places"), step++);
        }
      }
    } catch (BudgetExceeded e) {
      attempt.exhaust(e);
    }
    return patch;
  }

  private void ascend(
      Attempt attempt,
      GradientSource source,
      NDArray patch,
      NDArray sum,
      int[] batch,
      Rng rng,
      int step) {
    try (Active active = attempt.activate(batch);
        Scope scope = Scope.open()) {
      attempt.dropPoor(active, 2);
      if (active.isEmpty()) {
        return;
      }
      NDArray theta = places(active.originals(), active.ids(), rng);
      NDArray leaf;
      NDArray x;
      try (GradMode mode = GradMode.on()) {
        leaf = Grad.leaf(patch);
        x = RecipePrograms.call("put_patch", leaf, active.originals(), theta);
      }
      Sight sight = source.look(active, Grad.detach(x), scope, rng);
      Status status = Status.of(sight);
      attempt.stepped(active, step, status);
      attempt.run().listener().step(attempt.stage(), step + 1, 0, status.meanLoss());
      NDArray g = Grad.vjp(x, leaf, sight.gradient());
      NDArray unit = g.div(g.abs().mean().maximum(1e-20f));
      NDArray decayed = sum.mul(DECAY).add(unit);
      Ops.overwrite(sum, decayed);
      Ops.overwrite(patch, Ops.clamp(patch.add(decayed.sign().mul(rate)), 0, 1));
    }
  }

  /** Maps of the image's coordinates to the patch's, so that the patch lies inside the image. */
  private NDArray places(NDArray images, int[] ids, Rng rng) {
    double height = images.getShape().get(2);
    double width = images.getShape().get(3);
    double shorter = Math.min(height, width);
    float[] theta = new float[6 * ids.length];
    for (int i = 0; i < ids.length; i++) {
      SplittableRandom random = rng.derive(ids[i]).sequence();
      double scale = leastScale + (1 - leastScale) * random.nextDouble();
      double angle = Math.toRadians(degrees * (2 * random.nextDouble() - 1));
      // Half sides in the image's coordinates, which run from -1 to 1.
      double halfX = share * scale * shorter / width;
      double halfY = share * scale * shorter / height;
      double reach = Math.abs(Math.cos(angle)) + Math.abs(Math.sin(angle));
      double freeX = Math.max(0, 1 - halfX * reach);
      double freeY = Math.max(0, 1 - halfY * reach);
      double centreX = freeX * (2 * random.nextDouble() - 1);
      double centreY = freeY * (2 * random.nextDouble() - 1);
      double cos = Math.cos(angle);
      double sin = Math.sin(angle);
      // Rotation happens in pixels, where both axes have one unit.
      theta[6 * i] = (float) (cos / halfX);
      theta[6 * i + 1] = (float) (sin * height / (width * halfX));
      theta[6 * i + 2] = (float) (-(cos * centreX + sin * centreY * height / width) / halfX);
      theta[6 * i + 3] = (float) (-sin * width / (height * halfY));
      theta[6 * i + 4] = (float) (cos / halfY);
      theta[6 * i + 5] = (float) (-(-sin * centreX * width / height + cos * centreY) / halfY);
    }
    return images.getManager().create(theta, new Shape(ids.length, 2, 3));
  }
}
