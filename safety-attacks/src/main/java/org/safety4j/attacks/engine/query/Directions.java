package org.safety4j.attacks.engine.query;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.safety4j.core.tensor.Rng;

/**
 * Random directions for a group of images, drawn in chunks that fit into a forward pass. Each image
 * has a sequence of its own, so chunks and neighbours do not matter.
 */
final class Directions {
  private final Noise noise;
  private final Shape element;
  private final int size;
  private final SplittableRandom[] sequences;
  private final int[] left;
  private int at;
  private int[] owners = {};

  /**
   * @param noise the distribution
   * @param element shape of an image
   * @param rngs the randomness of each image
   * @param counts how many directions each image gets
   */
  Directions(Noise noise, Shape element, Rng[] rngs, int[] counts) {
    this.noise = noise;
    this.element = element;
    this.size = Math.toIntExact(element.size());
    this.sequences = new SplittableRandom[rngs.length];
    for (int i = 0; i < rngs.length; i++) {
      sequences[i] = rngs[i].sequence();
    }
    this.left = counts.clone();
  }

  /**
   * Draws the next chunk.
   *
   * @param manager where it hangs
   * @param most most directions
   * @return {@code [P, C, H, W]}, or null when all are drawn
   */
  NDArray next(NDManager manager, int most) {
    int planned = 0;
    for (int i = at; i < left.length && planned < most; i++) {
      planned = Math.min(most, planned + left[i]);
    }
    owners = new int[planned];
    if (planned == 0) {
      return null;
    }
    float[] values = new float[Math.multiplyExact(planned, size)];
    for (int i = 0; i < planned; i++) {
      while (left[at] == 0) {
        at++;
      }
      left[at]--;
      owners[i] = at;
      noise.fill(sequences[at], values, i * size, size);
    }
    return manager.create(values, new Shape(planned).addAll(element));
  }

  /** The image of each direction of the last chunk, as a row of the group. */
  int[] owners() {
    return owners;
  }

  /**
   * Adds weighted sums of a chunk to each image's own row.
   *
   * @param sums {@code [A, C*H*W]}, changed in place
   * @param weights one a direction
   * @param chunk the chunk's directions, or what stands for them, {@code [P, C*H*W]}
   */
  void accumulate(NDArray sums, float[] weights, NDArray chunk) {
    int first = owners[0];
    int rows = owners[owners.length - 1] - first + 1;
    float[] matrix = new float[rows * owners.length];
    for (int i = 0; i < owners.length; i++) {
      matrix[(owners[i] - first) * owners.length + i] = weights[i];
    }
    NDArray w = chunk.getManager().create(matrix, new Shape(rows, owners.length));
    sums.get(new NDIndex().addSliceDim(first, first + rows)).addi(w.matMul(chunk));
  }

  /** The sample of each direction of the last chunk. */
  int[] ownersAmong(int[] samples) {
    int[] s = new int[owners.length];
    for (int i = 0; i < s.length; i++) {
      s[i] = samples[owners[i]];
    }
    return s;
  }
}
