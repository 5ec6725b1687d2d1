package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.TrainableLm;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Cross-entropy of a language model: pre-training where whole texts are learnt, supervised
 * fine-tuning where only answers are. Forward pass and loss are one program call; short sequences
 * share rows and do not see one another.
 *
 * <pre>{@code
 * List<TokenSequence> chats = ...;                       // TokenSequence.chat(messages, template, tokenizer)
 * TrainingLoop.run(lm, chats.size(), CausalLmObjective.of(lm, chats), options, Run.seed(0));
 * }</pre>
 *
 * @param model the model under training
 * @param sequences the data; a sample is one of them
 * @param rowLength tokens of a row that sequences are packed into, at least 1; a longer sequence
 *     makes the rows of its batch longer
 */
public record CausalLmObjective(TrainableLm model, List<TokenSequence> sequences, int rowLength)
    implements BatchObjective {
  private static final int ROW = 128;

  /**
   * Copies and checks.
   *
   * @param model the model under training
   * @param sequences the data; a sample is one of them
   * @param rowLength tokens of a row that sequences are packed into, at least 1; a longer sequence
   *     makes the rows of its batch longer
   * @throws IllegalArgumentException if there are no sequences, or one exceeds the model's context
   */
  public CausalLmObjective {
    Require.notEmpty("sequences", sequences);
    Require.atLeast("rowLength", rowLength, 1);
    sequences = List.copyOf(sequences);
    for (int i = 0; i < sequences.size(); i++) {
      Require.that(
          sequences.get(i).length() <= model.contextLength(),
          "sequence "
              + i
              + " has "
              + sequences.get(i).length()
              + " tokens, the model's context "
              + model.contextLength()
              + "; shorten it");
    }
    Require.that(
        rowLength <= model.contextLength(),
        "rowLength must be at most the context "
            + model.contextLength()
            + " of the model, was "
            + rowLength);
  }

  /**
   * Packs into rows of 128 tokens, or of the model's context where that is less.
   *
   * @param model the model under training
   * @param sequences the data
   * @return the objective
   */
  public static CausalLmObjective of(TrainableLm model, List<TokenSequence> sequences) {
    return new CausalLmObjective(model, sequences, Math.min(ROW, model.contextLength()));
  }

  /**
   * Computes the mean over all tokens to be learnt in the batch.
   *
   * @param samples the sequences' numbers
   * @param epoch not used
   * @param rng not used
   * @return a scalar
   */
  @Override
  public NDArray loss(int[] samples, int epoch, Rng rng) {
    try (Scope scope = Scope.open();
        TokenPacking packing = packed(samples)) {
      return scope.keep(model.learnt(packing.rows()).mean().neg());
    }
  }

  /**
   * Computes log-probabilities of whole sequences: the sums over their tokens to be learnt. Losses
   * of preferences (DPO, KTO), ratios of policies (PPO) and scores are made of these.
   *
   * @param samples the sequences' numbers
   * @return {@code [samples]}, part of the graph if one is recorded
   */
  public NDArray logProbabilities(int... samples) {
    try (Scope scope = Scope.open();
        TokenPacking packing = packed(samples)) {
      int[] targets = packing.targets();
      int total = Arrays.stream(targets).sum();
      float[] sums = new float[targets.length * total];
      int at = 0;
      for (int i = 0; i < targets.length; i++) {
        Arrays.fill(sums, i * total + at, i * total + at + targets[i], 1f);
        at += targets[i];
      }
      NDArray each = model.learnt(packing.rows());
      NDArray owner = model.manager().create(sums, new Shape(targets.length, total));
      return scope.keep(owner.matMul(each));
    }
  }

  private TokenPacking packed(int[] samples) {
    return TokenPacking.of(
        model.manager(), Arrays.stream(samples).mapToObj(sequences::get).toList(), rowLength);
  }
}
