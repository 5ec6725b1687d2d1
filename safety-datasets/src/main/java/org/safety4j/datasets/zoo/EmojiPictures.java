package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiStyle;

/** Pictures of emoji as arrays. */
final class EmojiPictures {
  private EmojiPictures() {}

  /** Planes R, G, B, A with straight alpha, {@code [N, 4, 32, 32]} in [0, 1]. */
  static NDArray rgba(NDManager manager, List<Emoji> emoji, EmojiStyle style) {
    int size = 4 * Emoji.SIDE * Emoji.SIDE;
    float[] all = new float[emoji.size() * size];
    for (int i = 0; i < emoji.size(); i++) {
      System.arraycopy(emoji.get(i).rgba(style), 0, all, i * size, size);
    }
    return manager.create(all, new Shape(emoji.size(), 4, Emoji.SIDE, Emoji.SIDE));
  }

  /** Laid over white, {@code [N, 3, 32, 32]} in [0, 1]. */
  static NDArray overWhite(NDManager manager, List<Emoji> emoji, EmojiStyle style) {
    NDArray rgba = rgba(manager, emoji, style);
    NDArray alpha = rgba.get(":, 3:");
    return rgba.get(":, :3").mul(alpha).add(alpha.neg().add(1f));
  }

  /** Some of the pictures over white, moved; what comes in from outside is white. */
  static NDArray moved(NDArray overWhite, int[] items, AffineJitter motion, Rng rng) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray ink = Ops.rows(overWhite, items).neg().add(1f);
      return scope.keep(motion.apply(ink, items, rng).neg().add(1f));
    }
  }

  /** Median over pictures of the Euclidean distance to the nearest of others. */
  static double medianNearest(NDArray pictures, NDArray others) {
    float[] nearest = Ops.distances(flat(pictures), flat(others)).min(new int[] {1}).toFloatArray();
    Arrays.sort(nearest);
    return nearest[nearest.length / 2];
  }

  private static NDArray flat(NDArray pictures) {
    return pictures.reshape(pictures.getShape().get(0), -1);
  }
}
