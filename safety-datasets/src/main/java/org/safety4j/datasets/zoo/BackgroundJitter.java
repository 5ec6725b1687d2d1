package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.ClassifierRecipe;

/**
 * Moves transparent pictures about, changes the strength of their colours and lays them over a
 * background: {@code [N, 4, H, W]} (planes R, G, B, A, straight alpha) becomes {@code [N, 3, H,
 * W]}. Half of the backgrounds are white, the others one random colour each.
 *
 * @param motion how pictures are moved
 * @param gain largest relative change of each colour channel, in [0, 1)
 */
public record BackgroundJitter(AffineJitter motion, double gain)
    implements ClassifierRecipe.Augmentation {
  /**
   * Checks the range.
   *
   * @param motion how pictures are moved
   * @param gain in [0, 1)
   * @throws IllegalArgumentException if it is outside its range
   */
  public BackgroundJitter {
    Require.inRange("gain", gain, 0, Math.nextDown(1.0));
  }

  @Override
  public NDArray apply(NDArray images, int[] samples, Rng rng) {
    Shape perChannel = new Shape(samples.length, 3, 1, 1);
    float[] gains = new float[3 * samples.length];
    float[] behind = new float[3 * samples.length];
    for (int i = 0; i < samples.length; i++) {
      SplittableRandom random = rng.derive("colour").derive(samples[i]).sequence();
      boolean white = random.nextBoolean();
      for (int c = 3 * i; c < 3 * i + 3; c++) {
        gains[c] = (float) (1 + gain * (2 * random.nextDouble() - 1));
        behind[c] = white ? 1 : (float) random.nextDouble();
      }
    }
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray alpha = images.get(":, 3:");
      NDArray weighted = images.get(":, :3").mul(alpha).concat(alpha, 1);
      NDArray moved = motion.apply(weighted, samples, rng.derive("motion"));
      NDArray cover = moved.get(":, 3:");
      NDArray colour =
          moved.get(":, :3").mul(images.getManager().create(gains, perChannel)).minimum(cover);
      NDArray background = images.getManager().create(behind, perChannel);
      NDArray laid = colour.add(background.mul(cover.neg().add(1f)));
      return scope.keep(Ops.clamp(laid, 0, 1));
    }
  }
}
