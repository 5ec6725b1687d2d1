package org.safety4j.datasets.zoo;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.SpecialTokens;
import org.safety4j.core.text.Tokenizer;
import org.safety4j.core.train.BatchObjective;
import org.safety4j.core.train.BpeTrainer;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;

/**
 * What recipes of small BERTs about the potion world share: a byte-level tokenizer of 1,024 tokens
 * learnt from the world's text, and training data that is new every epoch.
 *
 * @param <M> the model
 */
abstract class BertRecipe<M extends Bert> implements MiniRecipe<M> {
  private static final int VOCABULARY = 1_024;
  private static final double PEAK_RATE = 1e-3;
  private static final String PADDING = "[PAD]";
  private static final String START = "[CLS]";

  /** Samples an epoch, none of which comes again. */
  abstract int samples();

  /** Epochs of the published model. */
  abstract int epochs();

  /** Samples a step. */
  int batch() {
    return 32;
  }

  /** Data of a training, at least {@code count} samples. */
  abstract BatchObjective objective(M model, int count, Rng rng);

  @Override
  public TrainingOptions options() {
    return TrainingOptions.adamW(epochs(), batch(), PEAK_RATE);
  }

  @Override
  public TrainingLog train(M model, TrainingOptions options, Run run) {
    Rng rng = run.rng().derive("data");
    BatchObjective all = objective(model, samples() * options.epochs(), rng);
    return TrainingLoop.run(model, samples(), fresh(all, samples()), options, run);
  }

  /** Goes on through the data from epoch to epoch, {@code samples} each. */
  static BatchObjective fresh(BatchObjective all, int samples) {
    return (numbers, epoch, rng) ->
        all.loss(IntStream.of(numbers).map(i -> epoch * samples + i).toArray(), epoch, rng);
  }

  /** Learns a tokenizer; the start token stands before every text. */
  Tokenizer tokenizer(List<String> texts, String... special) {
    List<String> names = Stream.concat(Stream.of(PADDING, START), Stream.of(special)).toList();
    byte[] json = new BpeTrainer(VOCABULARY, 2, names).withStart(START).train(texts);
    return HuggingFaceTokenizers.of(
        id(),
        json,
        new SpecialTokens(
            OptionalInt.empty(), OptionalInt.empty(), OptionalInt.of(0), OptionalInt.empty()));
  }

  @Override
  public abstract void save(M model, Path folder);
}
