package org.safety4j.defenses.engine.smooth;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Adds Gaussian noise to images, without clamping. In one call every image gets the same noise
 * patterns, so that an image's answer does not depend on its neighbours in the batch.
 *
 * <p>Safe for use by several threads.
 */
public final class GaussianCopies implements RandomCopies {
  private final double sigma;
  private final int count;
  private final Rng rng;
  private volatile Patterns last = new Patterns(-1, null, new float[0]);

  /**
   * Sets the noise.
   *
   * @param sigma standard deviation of the noise in units of pixel values in [0, 1], greater than 0
   * @param count copies of an image, at least 1
   * @param rng where the noise comes from
   */
  public GaussianCopies(double sigma, int count, Rng rng) {
    this.sigma = Require.positive("sigma", sigma);
    this.count = Require.atLeast("count", count, 1);
    this.rng = rng;
  }

  /** The noise of one call, on the heap, where it needs no owner. */
  private record Patterns(long call, Shape element, float[] values) {}

  @Override
  public int count() {
    return count;
  }

  @Override
  public NDArray draw(NDArray images, long call, int from, int to) {
    Shape element = Tensors.elementShape(images);
    int size = Math.toIntExact(element.size());
    float[] noise = Arrays.copyOfRange(patterns(call, element), from * size, to * size);
    try (Scope scope = Scope.open()) {
      NDArray patterns = images.getManager().create(noise, new Shape(1, to - from).addAll(element));
      Shape rows = new Shape(images.getShape().get(0) * (to - from)).addAll(element);
      return scope.keep(images.expandDims(1).add(patterns).reshape(rows));
    }
  }

  private float[] patterns(long call, Shape element) {
    Patterns known = last;
    if (known.call() == call && element.equals(known.element())) {
      return known.values();
    }
    int size = Math.toIntExact(element.size());
    float[] values = new float[Math.multiplyExact(count, size)];
    for (int copy = 0; copy < count; copy++) {
      SplittableRandom random = rng.derive(call).derive(copy).sequence();
      for (int i = copy * size; i < (copy + 1) * size; i++) {
        values[i] = (float) (sigma * random.nextGaussian());
      }
    }
    last = new Patterns(call, element, values);
    return values;
  }
}
