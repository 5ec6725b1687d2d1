package org.safety4j.defenses.engine.certify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.Require;

/** A layer that bounds can be propagated through. */
public sealed interface Layer {
  /**
   * Computes the shape that the layer gives.
   *
   * @param input shape of one sample, without the batch axis
   * @return shape of one sample behind the layer
   * @throws IllegalArgumentException if the layer does not take that shape
   */
  Shape output(Shape input);

  /**
   * A fully connected layer.
   *
   * @param weight float32 {@code [O, I]}
   * @param bias float32 {@code [O]}
   */
  record Linear(NDArray weight, NDArray bias) implements Layer {
    @Override
    public Shape output(Shape input) {
      Require.that(
          input.dimension() == 1 && input.get(0) == weight.getShape().get(1),
          "a linear layer of " + weight.getShape() + " does not take " + input);
      return new Shape(weight.getShape().get(0));
    }
  }

  /**
   * A convolution with the same stride and zero padding on both axes.
   *
   * @param weight float32 {@code [O, C, KH, KW]}
   * @param bias float32 {@code [O]}
   * @param stride pixels between windows, at least 1
   * @param padding zero pixels on every side, at least 0
   */
  record Convolution(NDArray weight, NDArray bias, int stride, int padding) implements Layer {
    /**
     * Checks the ranges.
     *
     * @param weight float32 {@code [O, C, KH, KW]}
     * @param bias float32 {@code [O]}
     * @param stride pixels between windows, at least 1
     * @param padding zero pixels on every side, at least 0
     */
    public Convolution {
      Require.atLeast("stride", stride, 1);
      Require.atLeast("padding", padding, 0);
    }

    @Override
    public Shape output(Shape input) {
      Shape w = weight.getShape();
      Require.that(
          input.dimension() == 3 && input.get(0) == w.get(1),
          "a convolution of " + w + " does not take " + input);
      long height = (input.get(1) + 2L * padding - w.get(2)) / stride + 1;
      long width = (input.get(2) + 2L * padding - w.get(3)) / stride + 1;
      Require.that(
          height > 0 && width > 0, "a convolution of " + w + " leaves nothing of " + input);
      return new Shape(w.get(0), height, width);
    }
  }

  /**
   * Scales and shifts every channel by constants: normalisation of inputs, or batch normalisation
   * in evaluation mode. Not trained.
   *
   * @param factor float32 {@code [C]}
   * @param shift float32 {@code [C]}
   */
  record Scale(NDArray factor, NDArray shift) implements Layer {
    @Override
    public Shape output(Shape input) {
      Require.that(
          input.dimension() == 3 && input.get(0) == factor.getShape().get(0),
          "a scale of " + factor.getShape() + " does not take " + input);
      return input;
    }
  }

  /** Rectified linear units. */
  record Relu() implements Layer {
    @Override
    public Shape output(Shape input) {
      return input;
    }
  }

  /** Lays a sample out as a vector. */
  record Flatten() implements Layer {
    @Override
    public Shape output(Shape input) {
      return new Shape(input.size());
    }
  }
}
