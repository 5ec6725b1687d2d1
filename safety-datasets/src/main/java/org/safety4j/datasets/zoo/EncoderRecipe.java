package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TextBatch;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.nn.bert.BertConfig;
import org.safety4j.core.nn.bert.Pooling;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.text.Tokenizer;
import org.safety4j.core.train.BatchObjective;
import org.safety4j.core.train.Contrastive;
import org.safety4j.datasets.synthetic.PotionWorld;
import org.safety4j.datasets.synthetic.PotionWorld.Fact;
import org.safety4j.datasets.synthetic.PotionWorld.Question;
import org.safety4j.datasets.synthetic.PotionWorld.Split;

/**
 * {@code mini-encoder}: a sentence encoder for retrieval, a BERT of width 96 with 3 blocks whose
 * vector is the mean of the last states, divided by its length. Trained by InfoNCE, with credit for
 * all matches of a batch, on pairs of a question about a potion world and the fact that answers it,
 * or the same question in other words.
 *
 * <p>It learns from worlds of the seeds 1 to 4 and is measured on that of seed 0, which has the
 * same names but other facts, with held-out wordings of questions. Figures: {@code recall-1} and
 * {@code recall-5}, the share of questions whose fact is the nearest, or among the five nearest, of
 * all 295 facts; the same for the controls {@code words}, cosine of the counts of words weighted by
 * their rarity, and {@code untrained}, the model before training.
 */
public final class EncoderRecipe extends BertRecipe<Bert.Encoder> {
  private static final int WIDTH = 96;
  private static final int BLOCKS = 3;
  private static final int HEADS = 3;
  private static final int CONTEXT = 128;
  private static final int TO_LEARN_WORDS = 2_000;
  private static final int WORLDS = 4;

  /** What cosines are multiplied by in the loss. */
  private static final float SHARPNESS = 20;

  private static final int QUESTIONS = 1_000;
  private static final double LEAST = 0.9;

  /** Wordings of each fact that a training sees. */
  private static final int TELLINGS = 8;

  /** What a text is about. */
  private record Topic(String kind, String about) {}

  /** Two texts that belong together. */
  private record Pair(Topic topic, String question, String match) {}

  @Override
  public String id() {
    return "mini-encoder";
  }

  @Override
  public Class<Bert.Encoder> type() {
    return Bert.Encoder.class;
  }

  @Override
  int samples() {
    return 1_024;
  }

  @Override
  int epochs() {
    return 48;
  }

  @Override
  int batch() {
    return 64;
  }

  @Override
  public Bert.Encoder initial(Rng rng) {
    List<String> texts = new ArrayList<>();
    pairs(TO_LEARN_WORDS, rng.derive("words"))
        .forEach(
            pair -> {
              texts.add(pair.question());
              texts.add(pair.match());
            });
    Tokenizer tokenizer = tokenizer(texts);
    return Bert.encoder(
        BertConfig.small(tokenizer.size(), WIDTH, BLOCKS, HEADS, CONTEXT),
        Pooling.unitMean(),
        InitialParameters.of(rng),
        tokenizer,
        ModelCard.named(id()));
  }

  /** Pairs of all worlds, mixed. */
  private static List<Pair> pairs(int count, Rng rng) {
    List<Pair> pairs = new ArrayList<>();
    for (int seed = 1; seed <= WORLDS; seed++) {
      PotionWorld world = PotionWorld.seeded(seed).wide();
      pairs.addAll(pairs(world, (count + WORLDS - 1) / WORLDS, rng.derive(seed)));
    }
    int[] order = rng.derive("order").permutation(pairs.size());
    return IntStream.of(order).mapToObj(pairs::get).toList();
  }

  /** Of every four pairs one is two questions, the others are a question and its fact. */
  private static List<Pair> pairs(PotionWorld world, int count, Rng rng) {
    List<Question> asked = world.questions(Split.TRAIN, count, rng.derive("questions"));
    Map<Topic, List<String>> questions = new HashMap<>();
    asked.forEach(q -> add(questions, new Topic(q.kind(), q.about()), q.text()));
    Map<Topic, List<String>> facts = new HashMap<>();
    for (int i = 0; i < TELLINGS; i++) {
      world
          .facts(rng.derive("facts").derive(i))
          .forEach(f -> add(facts, new Topic(f.kind(), f.about()), f.text()));
    }
    SplittableRandom random = rng.derive("matches").sequence();
    List<Pair> pairs = new ArrayList<>();
    for (Question question : asked) {
      Topic topic = new Topic(question.kind(), question.about());
      List<String> matches = (random.nextInt(4) == 0 ? questions : facts).get(topic);
      pairs.add(new Pair(topic, question.text(), matches.get(random.nextInt(matches.size()))));
    }
    return pairs;
  }

  private static void add(Map<Topic, List<String>> texts, Topic topic, String text) {
    texts.computeIfAbsent(topic, t -> new ArrayList<>()).add(text);
  }

  @Override
  BatchObjective objective(Bert.Encoder model, int count, Rng rng) {
    List<Pair> pairs = pairs(count, rng);
    return (samples, epoch, random) -> {
      List<Pair> batch = IntStream.of(samples).mapToObj(pairs::get).toList();
      int n = batch.size();
      float[] matches = new float[n * n];
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          matches[i * n + j] = batch.get(i).topic().equals(batch.get(j).topic()) ? 1 : 0;
        }
      }
      try (Scope scope = Scope.open()) {
        NDArray questions = embed(model, batch.stream().map(Pair::question).toList());
        NDArray answers = embed(model, batch.stream().map(Pair::match).toList());
        NDArray logits = questions.matMul(answers.transpose()).mul(SHARPNESS);
        NDArray targets = model.manager().create(matches, new Shape(n, n));
        return scope.keep(Contrastive.matched(logits, targets));
      }
    };
  }

  private static NDArray embed(Bert.Encoder model, List<String> texts) {
    try (TextBatch batch = model.tokens(texts)) {
      return model.embedOf(model.lookUp(batch.ids()), batch);
    }
  }

  @Override
  public void save(Bert.Encoder model, Path folder) {
    LanguageModels.save(model, folder);
  }

  @Override
  public Bert.Encoder open(ModelFiles files) {
    return (Bert.Encoder) LanguageModels.textEncoder(files, null);
  }

  @Override
  public String about() {
    return """
        A sentence encoder for retrieval in the fictional potion world: a BERT of width 96 with 3 blocks and a byte-level
        BPE tokenizer of its own; the mean of the last states, divided by its length. It finds the fact that answers a
        question, also in worlds of the same names whose facts it has not seen.

        Data: questions and facts of `PotionWorld.seeded(1)` to `seeded(4)`, generated; no third party's text. Licence:
        Apache-2.0.
        """;
  }

  @Override
  public List<MiniFigure> measure(Bert.Encoder model, int most, Rng rng) {
    PotionWorld world = PotionWorld.seeded(0);
    List<Fact> facts = world.facts(rng.derive("facts"));
    List<Question> asked =
        world.questions(Split.HELD_OUT, Math.min(most, QUESTIONS), rng.derive("questions"));
    List<String> documents = facts.stream().map(Fact::text).toList();
    List<String> texts = asked.stream().map(Question::text).toList();
    List<MiniFigure> figures = new ArrayList<>();
    add(figures, "", LEAST, asked, facts, similarities(model, texts, documents));
    try (Bert.Encoder untrained = initial(rng.derive("untrained"))) {
      add(
          figures,
          "-untrained",
          Double.NaN,
          asked,
          facts,
          similarities(untrained, texts, documents));
    }
    add(figures, "-words", Double.NaN, asked, facts, RareWords.similarities(texts, documents));
    return figures;
  }

  private static float[][] similarities(
      Bert.Encoder model, List<String> questions, List<String> documents) {
    try (Scope scope = Scope.open()) {
      NDArray near = model.embed(questions).matMul(model.embed(documents).transpose());
      float[] all = near.toFloatArray();
      int n = documents.size();
      float[][] rows = new float[questions.size()][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = Arrays.copyOfRange(all, i * n, (i + 1) * n);
      }
      return rows;
    }
  }

  private static void add(
      List<MiniFigure> figures,
      String of,
      double least,
      List<Question> asked,
      List<Fact> facts,
      float[][] near) {
    int[] ranks = new int[asked.size()];
    for (int i = 0; i < ranks.length; i++) {
      Question question = asked.get(i);
      float[] row = near[i];
      int right =
          IntStream.range(0, facts.size())
              .filter(k -> question.answeredBy(facts.get(k)))
              .findFirst()
              .orElseThrow();
      ranks[i] =
          (int)
              IntStream.range(0, row.length)
                  .filter(k -> k != right && row[k] >= row[right])
                  .count();
    }
    for (int k : new int[] {1, 5}) {
      long found = IntStream.of(ranks).filter(rank -> rank < k).count();
      double bound = k == 5 ? least : Double.NaN;
      figures.add(
          MiniFigure.of("recall-" + k + of, Rate.of(found, asked.size(), "questions"), bound));
    }
  }
}
