package org.safety4j.datasets.zoo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.nn.bert.BertConfig;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.SpecialTokens;
import org.safety4j.core.text.Tokenizer;
import org.safety4j.core.train.BpeTrainer;
import org.safety4j.core.train.TextClassifierObjective;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.synthetic.PotionWorld;
import org.safety4j.datasets.text.ChatTask;

/**
 * How the zoo's guard comes about: a small BERT that tells requests for what is forbidden in the
 * potion world from benign ones, by the user's last message.
 *
 * @param requests requests of the training split in wide wordings, at least 3; a third of them
 *     forbidden
 * @param epochs passes over them, at least 1
 * @param batchSize requests a step, at least 1
 */
public record MiniGuardRecipe(int requests, int epochs, int batchSize) {
  private static final int VOCABULARY = 1_024;
  private static final int CONTEXT = 128;

  /**
   * Checks the ranges.
   *
   * @param requests requests of the training split, at least 3; a third of them forbidden
   * @param epochs passes over them, at least 1
   * @param batchSize requests a step, at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public MiniGuardRecipe {
    Require.atLeast("requests", requests, 3);
    Require.atLeast("epochs", epochs, 1);
    Require.atLeast("batchSize", batchSize, 1);
  }

  /**
   * The recipe of the guard that comes with the library.
   *
   * @return 12,000 requests, 3 passes, 32 requests a step
   */
  public static MiniGuardRecipe standard() {
    return new MiniGuardRecipe(12_000, 3, 32);
  }

  private record Requests(List<String> texts, List<Integer> labels) {}

  private Requests data(Run run) {
    PotionWorld world = PotionWorld.seeded(0).wide();
    Rng rng = run.rng().derive("guard");
    List<ChatTask> tasks =
        new ArrayList<>(
            world.forbidden(PotionWorld.Split.TRAIN, requests / 3, rng.derive("forbidden")));
    tasks.addAll(
        world.tasks(PotionWorld.Split.TRAIN, requests - requests / 3, rng.derive("benign")));
    return new Requests(
        tasks.stream().map(ChatTask::request).toList(),
        tasks.stream().map(t -> t.forbidden() ? 1 : 0).toList());
  }

  /**
   * Makes and trains the guard.
   *
   * @param name the model's name
   * @param log hears what happened
   * @param work where checkpoints are kept; empty for none
   * @param run seed, budget, cancellation, listener
   * @return the guard, to be closed by the caller; class 0 is {@code benign}, 1 {@code forbidden}
   */
  public Bert.Classifier train(
      String name, java.util.function.Consumer<TrainingLog> log, Optional<Path> work, Run run) {
    Requests data = data(run);
    byte[] json =
        new BpeTrainer(VOCABULARY, 2, List.of("[PAD]", "[CLS]"))
            .withStart("[CLS]")
            .train(data.texts());
    Tokenizer tokenizer =
        HuggingFaceTokenizers.of(
            name,
            json,
            new SpecialTokens(
                OptionalInt.empty(), OptionalInt.empty(), OptionalInt.of(0), OptionalInt.empty()));
    Bert.Classifier guard =
        Bert.classifier(
            BertConfig.small(tokenizer.size(), 64, 2, 2, CONTEXT),
            List.of("benign", "forbidden"),
            InitialParameters.of(run.rng().derive("initial")),
            tokenizer,
            ModelCard.named(name));
    try {
      TrainingOptions options = TrainingOptions.adamW(epochs, batchSize, 1e-3);
      if (work.isPresent()) {
        options = options.withCheckpoint(work.get().resolve("guard"));
      }
      log.accept(
          TrainingLoop.run(
              guard,
              data.texts().size(),
              new TextClassifierObjective(guard, data.texts(), data.labels()),
              options,
              run.part("guard")));
      return guard;
    } catch (RuntimeException e) {
      guard.close();
      throw e;
    }
  }
}
