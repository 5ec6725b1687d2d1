package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Gradients of single samples, for differential privacy, influence and gradient matching. One
 * forward and one backward pass a sample; only one sample's gradients are held at a time.
 */
public final class PerSampleGradients {
  private PerSampleGradients() {}

  /** Sees the gradients of one sample. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * Sees a sample.
     *
     * @param sample its number
     * @param loss its loss
     * @param gradients one a parameter, in the order of {@link Trainable#parameters()}; freed after
     *     the call, may be changed in place
     */
    void visit(int sample, double loss, NDList gradients);
  }

  /**
   * Computes gradients sample by sample.
   *
   * @param model the model; its parameters ask for gradients during the call and not afterwards
   * @param samples the samples' numbers
   * @param objective the loss; told one sample at a time, epoch 0
   * @param rng randomness; each sample has its own
   * @param visitor sees the gradients in the order of the samples
   */
  public static void each(
      Trainable model, int[] samples, BatchObjective objective, Rng rng, Visitor visitor) {
    List<NDArray> parameters = List.copyOf(model.parameters().values());
    parameters.forEach(p -> p.setRequiresGradient(true));
    try {
      for (int sample : samples) {
        try (Scope scope = Scope.open();
            GradMode mode = GradMode.on()) {
          NDArray loss = objective.loss(new int[] {sample}, 0, rng.derive(sample));
          double value = Grad.detach(loss).getFloat();
          NDList gradients = Grad.gradients(List.of(loss), parameters);
          try (GradMode off = GradMode.off()) {
            visitor.visit(sample, value, gradients);
          }
        }
      }
    } finally {
      parameters.forEach(p -> p.setRequiresGradient(false));
    }
  }

  /**
   * Sums gradients that are first clipped sample by sample, as differentially private training does
   * before it adds noise.
   *
   * <p><b>Source:</b> Abadi et al., Deep Learning with Differential Privacy, CCS 2016.
   *
   * @param model the model
   * @param samples the samples' numbers, at least 1
   * @param objective the loss
   * @param rng randomness; each sample has its own
   * @param maxNorm joint L2 norm to which each sample's gradients are clipped, greater than 0
   * @return one sum a parameter, on the managers of the parameters; owned by the caller
   */
  public static NDList clippedSum(
      Trainable model, int[] samples, BatchObjective objective, Rng rng, double maxNorm) {
    Require.atLeast("samples", samples.length, 1);
    Require.positive("maxNorm", maxNorm);
    try (Scope scope = Scope.open()) {
      NDList sums = new NDList();
      model.parameters().values().forEach(p -> sums.add(scope.keep(p.zerosLike())));
      each(
          model,
          samples,
          objective,
          rng,
          (sample, loss, gradients) -> {
            Optimizer.clipNorm(gradients, maxNorm);
            Optimizer.accumulate(sums, gradients, 1);
          });
      return sums;
    }
  }
}
