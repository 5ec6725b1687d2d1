package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.tensor.Rng;

/**
 * Initial parameters of a transformer whose position embeddings start as strong as the patches do
 * (standard deviation 0.4 instead of 0.02): on small pictures position is most of what matters, and
 * adversarial training does not find it from a weak start.
 */
final class WidePositions implements ParameterSource {
  private static final float FACTOR = 20;

  private final ParameterSource initial;

  WidePositions(Rng rng) {
    this.initial = InitialParameters.of(rng);
  }

  @Override
  public NDArray take(String name, NDManager manager, long... shape) {
    NDArray values = initial.take(name, manager, shape);
    return name.endsWith("position_embeddings") ? values.muli(FACTOR) : values;
  }
}
