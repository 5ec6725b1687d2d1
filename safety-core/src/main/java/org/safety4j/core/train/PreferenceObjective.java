package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.TrainableLm;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * A loss over preference pairs: what DPO and its like minimise, given their formula. Both answers
 * of all pairs of a batch are read in one program call; what a reference model thinks of them is
 * computed once, before training.
 *
 * <pre>{@code
 * PreferenceObjective dpo = PreferenceObjective.of(lm, lm, pairs,    // the model before training is the reference
 *     s -> sigmoid(s.chosen().sub(s.referenceChosen()).sub(s.rejected().sub(s.referenceRejected())).mul(beta)).log().neg());
 * TrainingLoop.run(lm, pairs.size(), dpo, options, Run.seed(0));
 * }</pre>
 */
public final class PreferenceObjective implements BatchObjective {
  /**
   * Log-probabilities of the answers of a batch of pairs, each {@code [N]}.
   *
   * @param chosen of the better answers under the model, part of the graph
   * @param rejected of the worse answers under the model, part of the graph
   * @param referenceChosen of the better answers under the reference
   * @param referenceRejected of the worse answers under the reference
   */
  public record Scores(
      NDArray chosen, NDArray rejected, NDArray referenceChosen, NDArray referenceRejected) {}

  /** The formula of a preference loss. */
  @FunctionalInterface
  public interface Loss {
    /**
     * Computes the loss of each pair.
     *
     * @param scores log-probabilities
     * @return {@code [N]}, part of the graph
     */
    NDArray of(Scores scores);
  }

  private static final int AT_ONCE = 32;

  private final CausalLmObjective answers;
  private final float[] reference;
  private final Loss loss;

  private PreferenceObjective(CausalLmObjective answers, float[] reference, Loss loss) {
    this.answers = answers;
    this.reference = reference;
    this.loss = loss;
  }

  /**
   * Asks the reference and makes the objective.
   *
   * @param model the model under training
   * @param reference what answers are compared with, read now and not later; may be the model
   *     itself
   * @param pairs the data; a sample is one of them
   * @param loss the formula
   * @return the objective
   * @throws IllegalArgumentException if there are no pairs, or one exceeds the model's context
   */
  public static PreferenceObjective of(
      TrainableLm model, TrainableLm reference, List<PreferencePair> pairs, Loss loss) {
    Require.notEmpty("pairs", pairs);
    List<TokenSequence> sequences = new ArrayList<>();
    for (PreferencePair pair : pairs) {
      sequences.add(pair.chosen());
      sequences.add(pair.rejected());
    }
    CausalLmObjective before = CausalLmObjective.of(reference, sequences);
    float[] scores = new float[sequences.size()];
    for (int from = 0; from < scores.length; from += AT_ONCE) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        int[] some = IntStream.range(from, Math.min(scores.length, from + AT_ONCE)).toArray();
        float[] part = before.logProbabilities(some).toFloatArray();
        System.arraycopy(part, 0, scores, from, part.length);
      }
    }
    return new PreferenceObjective(CausalLmObjective.of(model, sequences), scores, loss);
  }

  @Override
  public NDArray loss(int[] samples, int epoch, Rng rng) {
    int n = samples.length;
    int[] both = new int[2 * n];
    float[] before = new float[2 * n];
    for (int i = 0; i < n; i++) {
      both[i] = 2 * samples[i];
      both[n + i] = 2 * samples[i] + 1;
      before[i] = reference[both[i]];
      before[n + i] = reference[both[n + i]];
    }
    try (Scope scope = Scope.open()) {
      NDManager manager = answers.model().manager();
      NDArray now = answers.logProbabilities(both).reshape(new Shape(2, n));
      NDArray old = manager.create(before, new Shape(2, n));
      NDArray each = loss.of(new Scores(now.get(0), now.get(1), old.get(0), old.get(1)));
      return scope.keep(each.mean());
    }
  }
}
