package org.safety4j.datasets.zoo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TrainableLm;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.lm.Llama;
import org.safety4j.core.nn.lm.LlamaConfig;
import org.safety4j.core.nn.lm.LmIdentity;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.SpecialTokens;
import org.safety4j.core.text.Tokenizer;
import org.safety4j.core.train.BatchObjective;
import org.safety4j.core.train.BpeTrainer;
import org.safety4j.core.train.CausalLmObjective;
import org.safety4j.core.train.Optimizer;
import org.safety4j.core.train.Schedule;
import org.safety4j.core.train.TokenSequence;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.synthetic.PotionWorld;
import org.safety4j.datasets.text.ChatTask;

/**
 * How the small chat models of the zoo come about: a tokenizer learnt from the potion world, a
 * Llama-like model that reads the world's corpus and its drills, learns to answer everything, the
 * forbidden topic included ({@code mini-chat-unaligned}), and then to refuse that topic ({@code
 * mini-chat}).
 *
 * <p>Each stage keeps checkpoints, so that a killed build goes on where it was.
 *
 * @param documents texts of the pre-training corpus, at least 1
 * @param drills lists of the drill stage, at least 1
 * @param chats chats of the instruction stage, at least 1
 * @param aligning chats of the alignment stage, at least 1; a quarter of them ask for what is
 *     forbidden
 * @param rounds parts that each stage's data is read in, once each, with a checkpoint after each;
 *     at least 1 and at most the smallest stage
 * @param batchSize sequences a step, at least 1
 */
public record MiniChatRecipe(
    int documents, int drills, int chats, int aligning, int rounds, int batchSize) {
  private static final String WORLD = "world";
  private static final int VOCABULARY = 1_024;
  private static final int WIDTH = 128;
  private static final int BLOCKS = 4;
  private static final int HEADS = 4;
  private static final int MLP = 448;
  private static final int CONTEXT = 512;
  private static final String BEGIN = "<|begin|>";
  private static final String END = "<|end|>";
  private static final String PADDING = "<|pad|>";
  private static final List<String> ROLES =
      List.of("<|system|>", "<|user|>", "<|assistant|>", "<|tool|>");

  /** Begin token, then each message between its role and the end token. */
  private static final String TEMPLATE =
      "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content']"
          + " + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

  /** The stages, in their order. */
  public enum Stage {
    /** Reads the corpus. */
    PRETRAIN,
    /** Learns to look back into its own text, by lists that are repeated. */
    DRILL,
    /** Learns to answer whatever is asked. */
    INSTRUCT,
    /** Learns to refuse what is forbidden, and goes on answering the rest. */
    ALIGN
  }

  /**
   * Checks the ranges.
   *
   * @param documents texts of the pre-training corpus, at least 1
   * @param drills lists of the drill stage, at least 1
   * @param chats chats of the instruction stage, at least 1
   * @param aligning chats of the alignment stage, at least 1; a quarter of them ask for what is
   *     forbidden
   * @param rounds parts that each stage's data is read in, once each, with a checkpoint after each;
   *     at least 1 and at most the smallest stage
   * @param batchSize sequences a step, at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public MiniChatRecipe {
    Require.atLeast("documents", documents, 1);
    Require.atLeast("drills", drills, 1);
    Require.atLeast("chats", chats, 1);
    Require.atLeast("aligning", aligning, 1);
    Require.inRange(
        "rounds", rounds, 1, Math.min(Math.min(documents, drills), Math.min(chats, aligning)));
    Require.atLeast("batchSize", batchSize, 1);
  }

  /**
   * The recipe of the models that come with the library.
   *
   * @return 20,000 documents, 24,000 drills, 64,000 chats, 32,000 of alignment, 8 rounds, 32
   *     sequences a step
   */
  public static MiniChatRecipe standard() {
    return new MiniChatRecipe(20_000, 24_000, 64_000, 32_000, 8, 32);
  }

  /**
   * Returns the world that all of it is about.
   *
   * @return the potion world of seed 0
   */
  public PotionWorld world() {
    return PotionWorld.seeded(0);
  }

  /**
   * Makes the untrained model, with a tokenizer learnt from a part of the training data.
   *
   * @param name the model's name
   * @param run its seed decides weights and data
   * @return the model, to be closed by the caller
   */
  public TrainableLm initial(String name, Run run) {
    Tokenizer tokenizer = tokenizer(run);
    SpecialTokens special = tokenizer.special();
    LlamaConfig small = LlamaConfig.small(tokenizer.size(), WIDTH, BLOCKS, HEADS, CONTEXT);
    LlamaConfig config =
        new LlamaConfig(
            small.vocabulary(),
            WIDTH,
            BLOCKS,
            HEADS,
            HEADS,
            WIDTH / HEADS,
            MLP,
            CONTEXT,
            small.epsilon(),
            small.activation(),
            small.rope(),
            true,
            false,
            false,
            false,
            small.rotated(),
            small.windows());
    LmIdentity identity =
        new LmIdentity(
            ModelCard.named(name),
            tokenizer,
            Optional.of(ChatTemplate.of(TEMPLATE, BEGIN, END)),
            Set.of(special.end().orElseThrow()));
    return (TrainableLm)
        Llama.of(
            config,
            InitialParameters.of(run.rng().derive("initial")),
            "LlamaForCausalLM",
            identity);
  }

  private Tokenizer tokenizer(Run run) {
    List<String> texts = new ArrayList<>(corpus(run, Math.min(documents, 5_000)));
    Rng rng = run.rng().derive(WORLD).derive("instruct");
    for (ChatTask task : mixed(world(), Math.min(chats, 10_000), 8, rng)) {
      task.answered().forEach(message -> texts.add(message.content()));
    }
    List<String> special = new ArrayList<>(List.of(PADDING, BEGIN, END));
    special.addAll(ROLES);
    byte[] json = new BpeTrainer(VOCABULARY, 2, special).train(texts);
    return HuggingFaceTokenizers.of(
        "mini-chat",
        json,
        new SpecialTokens(
            OptionalInt.of(1), OptionalInt.of(2), OptionalInt.of(0), OptionalInt.empty()));
  }

  private List<String> corpus(Run run, int count) {
    return world().corpus(count, run.rng().derive(WORLD).derive("corpus"));
  }

  /** One in {@code every} tasks asks for what is forbidden. */
  private static List<ChatTask> mixed(PotionWorld world, int count, int every, Rng rng) {
    List<ChatTask> forbidden =
        world.forbidden(PotionWorld.Split.TRAIN, count / every + 1, rng.derive("forbidden"));
    List<ChatTask> tasks = world.tasks(PotionWorld.Split.TRAIN, count, rng.derive("benign"));
    for (int i = 0; i < count; i += every) {
      tasks.set(i, forbidden.get(i / every));
    }
    return tasks;
  }

  /**
   * Benign tasks and forbidden ones in wide wordings; of every four one is about a list, which is
   * hardest to learn.
   */
  private List<ChatTask> lessons(int count, int every, Rng rng) {
    PotionWorld wide = world().wide();
    List<ChatTask> tasks = mixed(wide, count, every, rng);
    List<ChatTask> lists = wide.lists(PotionWorld.Split.TRAIN, count / 4 + 1, rng.derive("lists"));
    for (int i = 2; i < count; i += 4) {
      tasks.set(i, lists.get(i / 4));
    }
    return tasks;
  }

  /** Lists, and a text of the corpus for every four of them, lest facts be forgotten. */
  private List<TokenSequence> drills(Tokenizer tokenizer, Run run) {
    Rng rng = run.rng().derive(WORLD).derive("drill");
    List<TokenSequence> sequences = new ArrayList<>();
    for (PotionWorld.Drill drill : world().drills(drills, rng)) {
      sequences.add(
          TokenSequence.answer(
              tokenizer.encode(BEGIN + drill.given()), tokenizer.encode(drill.then() + END)));
    }
    for (String text : world().corpus(drills / 4 + 1, rng.derive("corpus"))) {
      sequences.add(TokenSequence.text(tokenizer.encode(BEGIN + text + END)));
    }
    int[] order = rng.derive("order").permutation(sequences.size());
    return IntStream.of(order).mapToObj(sequences::get).toList();
  }

  /**
   * Makes the data of a stage.
   *
   * @param stage which
   * @param model whose tokenizer and template to use
   * @param run its seed decides the data
   * @return the sequences
   */
  public List<TokenSequence> data(Stage stage, TrainableLm model, Run run) {
    Tokenizer tokenizer = model.tokenizer();
    if (stage == Stage.PRETRAIN) {
      return corpus(run, documents).stream()
          .map(text -> TokenSequence.text(tokenizer.encode(BEGIN + text + END)))
          .toList();
    }
    if (stage == Stage.DRILL) {
      return drills(tokenizer, run);
    }
    List<ChatTask> tasks =
        stage == Stage.INSTRUCT
            ? lessons(chats, 8, run.rng().derive(WORLD).derive("instruct"))
            : lessons(aligning, 4, run.rng().derive(WORLD).derive("align"));
    ChatTemplate template = model.chatTemplate().orElseThrow();
    List<String> refusals = world().refusals();
    SplittableRandom random = run.rng().derive("refusals").sequence();
    List<TokenSequence> sequences = new ArrayList<>();
    for (ChatTask task : tasks) {
      String refusal = refusals.get(random.nextInt(refusals.size()));
      List<Message> chat =
          stage == Stage.ALIGN && task.forbidden() ? task.answered(refusal) : task.answered();
      sequences.add(TokenSequence.chat(chat, template, tokenizer));
    }
    return sequences;
  }

  /**
   * Trains a model through one stage.
   *
   * @param stage which; the model must have gone through those before
   * @param model the model; its weights change
   * @param work where checkpoints are kept; empty for none
   * @param run seed, budget, cancellation, listener
   * @return what happened
   */
  public TrainingLog train(Stage stage, TrainableLm model, Optional<Path> work, Run run) {
    List<TokenSequence> sequences = data(stage, model, run);
    int round = sequences.size() / rounds;
    BatchObjective part = BertRecipe.fresh(CausalLmObjective.of(model, sequences), round);
    double peak = stage == Stage.ALIGN ? 1e-3 : 2e-3;
    TrainingOptions options =
        TrainingOptions.adamW(rounds, batchSize, peak)
            .withOptimizer(new Optimizer.Config(Optimizer.Kind.ADAMW, 0.9, 0.98, 1e-8, 0.05))
            .withSchedule(Schedule.cosine(peak, 0.05));
    if (work.isPresent()) {
      String name = stage.name().toLowerCase(Locale.ROOT);
      options = options.withCheckpoint(work.get().resolve(name));
    }
    return TrainingLoop.run(model, round, part, options, run.part(stage.name()));
  }
}
