package org.safety4j.defenses.engine.certify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.safety4j.core.tensor.torch.TorchProgram;

/** Computes layers on points, on radii of boxes, and backwards on rows of coefficients. */
final class LayerPrograms {
  private LayerPrograms() {}

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(LayerPrograms.class, "layers.torch.py", Map.of());
  }

  private static NDArray geometry(Layer.Convolution layer, Shape input) {
    return layer
        .weight()
        .getManager()
        .create(new long[] {layer.stride(), layer.padding(), input.get(1), input.get(2)});
  }

  /** Applies a layer to points {@code [N, ...]}. */
  static NDArray apply(Layer layer, NDArray x) {
    if (layer instanceof Layer.Linear l) {
      return Holder.PROGRAM.one("linear", x, l.weight(), l.bias());
    }
    if (layer instanceof Layer.Convolution c) {
      try (NDArray g = geometry(c, x.getShape().slice(1))) {
        return Holder.PROGRAM.one("convolution", x, c.weight(), c.bias(), g);
      }
    }
    if (layer instanceof Layer.Scale s) {
      return Holder.PROGRAM.one("scale", x, s.factor(), s.shift());
    }
    if (layer instanceof Layer.Relu) {
      return Holder.PROGRAM.one("relu", x);
    }
    return x.reshape(x.getShape().get(0), -1);
  }

  /** Maps radii of boxes {@code [N, ...]} through an affine layer. */
  static NDArray radius(Layer layer, NDArray radius) {
    if (layer instanceof Layer.Linear l) {
      return Holder.PROGRAM.one("linear_radius", radius, l.weight());
    }
    if (layer instanceof Layer.Convolution c) {
      try (NDArray g = geometry(c, radius.getShape().slice(1))) {
        return Holder.PROGRAM.one("convolution_radius", radius, c.weight(), g);
      }
    }
    if (layer instanceof Layer.Scale s) {
      return Holder.PROGRAM.one("scale_radius", radius, s.factor());
    }
    return radius.reshape(radius.getShape().get(0), -1);
  }

  /** Maps coefficients on a layer's output, {@code [N, R, ...]}, to coefficients on its input. */
  static NDArray back(Layer layer, NDArray coefficients, Shape input) {
    if (layer instanceof Layer.Linear l) {
      return Holder.PROGRAM.one("linear_back", coefficients, l.weight());
    }
    if (layer instanceof Layer.Convolution c) {
      try (NDArray g = geometry(c, input)) {
        return Holder.PROGRAM.one("convolution_back", coefficients, c.weight(), g);
      }
    }
    if (layer instanceof Layer.Scale s) {
      NDArray factor = s.factor().reshape(1, 1, s.factor().getShape().get(0), 1, 1);
      return coefficients.mul(factor);
    }
    Shape shape = coefficients.getShape();
    return coefficients.reshape(new Shape(shape.get(0), shape.get(1)).addAll(input));
  }

  /** What a layer's constant adds to rows of coefficients on its output: {@code [N, R]}. */
  static NDArray constant(Layer layer, NDArray coefficients) {
    if (layer instanceof Layer.Linear l) {
      return coefficients.mul(l.bias()).sum(new int[] {2});
    }
    if (layer instanceof Layer.Convolution c) {
      return perChannel(coefficients, c.bias());
    }
    return perChannel(coefficients, ((Layer.Scale) layer).shift());
  }

  private static NDArray perChannel(NDArray coefficients, NDArray constant) {
    NDArray spread = constant.reshape(1, 1, constant.getShape().get(0), 1, 1);
    return coefficients.mul(spread).sum(new int[] {2, 3, 4});
  }
}
