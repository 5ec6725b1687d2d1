package org.safety4j.core.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.regex.Pattern;
import org.safety4j.core.tensor.Rng;

/**
 * Values that training starts from, drawn by name, so that they do not depend on the order in which
 * a model asks.
 *
 * <p>Scales of normalisations and running variances are 1, biases and running means 0; tokens and
 * positions are normal with standard deviation 0.02; matrices are normal with variance 2 / (inputs
 * + outputs) (Glorot and Bengio, AISTATS 2010), convolutions with variance 2 / inputs (He et al.,
 * ICCV 2015).
 */
public final class InitialParameters {
  private static final Pattern NORM =
      Pattern.compile("(.*\\.)?(\\w*[Nn]orm\\w*|\\w*bn\\d*|ln_\\w+)\\.(weight|bias)");
  private static final Pattern EMBEDDING =
      Pattern.compile(".*(_token|_embeddings|embed_tokens|embedding)(\\.weight)?");
  private static final double EMBEDDING_STD = 0.02;

  private InitialParameters() {}

  /**
   * Draws parameters.
   *
   * @param rng the randomness
   * @return a source that knows every name
   */
  public static ParameterSource of(Rng rng) {
    return (name, manager, shape) -> draw(rng, name, manager, new Shape(shape));
  }

  private static NDArray draw(Rng rng, String name, NDManager manager, Shape shape) {
    boolean scale = NORM.matcher(name).matches() && name.endsWith("weight");
    if (scale || name.endsWith("running_var")) {
      return manager.ones(shape, DataType.FLOAT32);
    }
    if (name.endsWith("bias") || name.endsWith("running_mean")) {
      return manager.zeros(shape, DataType.FLOAT32);
    }
    NDArray values = rng.derive(name).normal(manager, shape);
    return values.muli((float) deviation(name, shape));
  }

  private static double deviation(String name, Shape shape) {
    if (EMBEDDING.matcher(name).matches() || shape.dimension() < 2) {
      return EMBEDDING_STD;
    }
    long inputs = shape.slice(1).size();
    return Math.sqrt(shape.dimension() == 2 ? 2.0 / (inputs + shape.get(0)) : 2.0 / inputs);
  }
}
