package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.diffusion.BetaSchedule;
import org.safety4j.core.model.diffusion.DpmSolver;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.Prediction;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.ParameterCopies;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.nn.clip.ClipTextModel;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.nn.diffusion.UNet;
import org.safety4j.core.nn.diffusion.UNetConfig;
import org.safety4j.core.nn.diffusion.UNetConfig.Attention;
import org.safety4j.core.nn.resnet.ResNet;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.train.Denoising;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiSet;
import org.safety4j.datasets.images.EmojiStyle;
import org.safety4j.datasets.images.UnsafeEmoji;

/**
 * {@code mini-t2i}: draws emoji of 32x32 pixels from a text. A denoiser of latents (8x8, 4
 * channels; levels of 48 and 96 channels that attend to the text) between {@code mini-codec} and
 * the text tower of {@code mini-clip}, neither of which learns. It learns the Twitter style of the
 * training emoji over white, moved a little, by their names and keywords; one prompt in ten is
 * dropped, for guidance; {@link UnsafeEmoji} are shown four times as often as others. An epoch is a
 * part of a pass, of 256 pictures.
 *
 * <p>Held out are wordings, not emoji: a third of the emoji that have a keyword of other words than
 * their name (flags and unsafe ones aside) are trained on by their names alone, and drawn for the
 * figures by the keyword. {@code mini-clip}, whose text tower reads the prompt and which judges the
 * picture, does know those keywords from its own training: {@code prompt-match} flatters the model.
 *
 * <p>Figures, on one picture a held-out wording: {@code prompt-match} is the share that {@code
 * mini-clip} finds nearer to their prompt than to the prompt of one other emoji drawn at random,
 * {@code prompt-match-shuffled} the same where every picture is given another picture's prompt, and
 * {@code prompt-match-real} the same for the true pictures; {@code find-prompt} is the share that
 * have their prompt among the ten nearest of all, {@code same-category} the share that {@code
 * emoji-vit} gives the category of their emoji. {@code nearest-training} is the median distance to
 * the nearest training picture, as a multiple of the same for held-out emoji: the model is meant to
 * draw known emoji, so it is below 1. {@code unsafe-shown} is the share of pictures for the words
 * of the unsafe emoji that {@code mini-concepts} flags, {@code unsafe-shown-else} the same for the
 * held-out wordings.
 */
public final class T2iRecipe implements MiniRecipe<DiffusionPipeline> {
  private static final int STEPS = 1000;
  private static final double GUIDANCE = 3;
  private static final int SAMPLER_STEPS = 20;
  private static final Sampling SAMPLING =
      Sampling.of(DpmSolver.steps(SAMPLER_STEPS)).withGuidance(GUIDANCE);

  private static final int EPOCHS = 650;
  private static final int PART = 256;
  private static final int BATCH = 32;
  private static final double PEAK_RATE = 2e-3;
  private static final double EMA = 0.995;
  private static final double DROP = 0.1;
  private static final int UNSAFE_TIMES = 4;
  private static final AffineJitter MOTION = new AffineJitter(4, 0.06, 0.04, false);
  private static final long WORDING_SEED = 20250206;
  private static final int ONE_IN = 3;
  private static final int LATENT_SIDE = 8;

  private static final int PROMPTS = 120;
  private static final int UNSAFE_EACH = 6;
  private static final int AT_ONCE = 60;
  private static final int NEAREST = 10;
  private static final double LEAST_MATCH = 0.8;

  @Override
  public String id() {
    return "mini-t2i";
  }

  @Override
  public Class<DiffusionPipeline> type() {
    return DiffusionPipeline.class;
  }

  @Override
  public DiffusionPipeline initial(Rng rng) {
    try (LatentCodec codec = Zoo.miniCodec().open();
        Clip clip = Zoo.miniClip().open()) {
      ClipTextModel text =
          ClipTextModel.of(
              clip.text().config(),
              ModelFiles.beside(Zoo.class, clip.card().name()).tokenizer(),
              ParameterCopies.of(clip.parameters()));
      AutoencoderKl scaled = codec.codec().withScale(1 / spread(codec.codec()));
      int levels = 2;
      UNetConfig config =
          new UNetConfig(
              LATENT_SIDE,
              LATENT_SIDE,
              scaled.config().latentChannels(),
              scaled.config().latentChannels(),
              List.of(48, 96),
              Collections.nCopies(levels, 1),
              Collections.nCopies(levels, Attention.TEXT),
              Attention.TEXT,
              Collections.nCopies(levels, Attention.TEXT),
              List.of(2, 4),
              Collections.nCopies(levels, 1),
              clip.text().config().tower().width(),
              false,
              8,
              1e-5,
              Activation.SILU,
              false,
              1,
              1,
              true,
              0,
              false,
              3,
              3);
      return DiffusionPipeline.of(
          new ModelCard(id(), "StableDiffusionPipeline", 0, "zoo recipe " + id(), "Apache-2.0"),
          UNet.initial(config, rng.derive("denoiser")),
          scaled,
          text,
          NoiseSchedule.of(BetaSchedule.SQUAREDCOS_CAP_V2, STEPS, 1e-4, 0.02)
              .withPrediction(Prediction.V_PREDICTION),
          SAMPLING);
    }
  }

  /** Standard deviation of the latents of the training pictures around zero. */
  private static double spread(AutoencoderKl codec) {
    List<Emoji> emoji = Emoji.all().train().list();
    double squares = 0;
    for (int from = 0; from < emoji.size(); from += AT_ONCE) {
      List<Emoji> part = emoji.subList(from, Math.min(emoji.size(), from + AT_ONCE));
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDArray pictures = EmojiPictures.overWhite(codec.manager(), part, EmojiStyle.TWITTER);
        squares += part.size() * codec.encode(pictures).square().mean().getFloat();
      }
    }
    return Math.sqrt(squares / emoji.size());
  }

  @Override
  public TrainingOptions options() {
    return TrainingOptions.adamW(EPOCHS, BATCH, PEAK_RATE).withEmaDecay(EMA);
  }

  @Override
  public TrainingLog train(DiffusionPipeline model, TrainingOptions options, Run run) {
    List<Emoji> shown = new ArrayList<>();
    for (Emoji e : Emoji.all().train()) {
      shown.addAll(Collections.nCopies(UnsafeEmoji.contains(e) ? UNSAFE_TIMES : 1, e));
    }
    Map<Integer, String> heldOut = heldOut();
    try (NDManager manager = Tensors.newManager()) {
      NDArray pictures = EmojiPictures.overWhite(manager, shown, EmojiStyle.TWITTER);
      Denoising objective =
          new Denoising(
              model,
              (items, rng) -> EmojiPictures.moved(pictures, items, MOTION, rng),
              (items, rng) -> captions(shown, items, heldOut, rng),
              DROP);
      PartialEpochs parts = new PartialEpochs(shown.size(), PART, run.rng().derive("passes"));
      return TrainingLoop.run(model, PART, parts.over(objective), options, run);
    }
  }

  static List<String> captions(
      List<Emoji> shown, int[] items, Map<Integer, String> heldOut, Rng rng) {
    SplittableRandom random = rng.sequence();
    List<String> captions = new ArrayList<>();
    for (int item : items) {
      Emoji e = shown.get(item);
      List<String> keywords = heldOut.containsKey(e.index()) ? List.of() : e.keywords();
      captions.add(EmojiCaptions.drawOfItself(e, keywords, random).text());
    }
    return captions;
  }

  /** Wordings that training does not see, by the index of their emoji. */
  static Map<Integer, String> heldOut() {
    Map<Integer, String> reworded = new TreeMap<>();
    for (Emoji e : Emoji.all().train()) {
      if (!e.category().equals("Flags") && !UnsafeEmoji.contains(e)) {
        Set<String> name = words(e.name());
        e.keywords().stream()
            .filter(k -> !words(k).equals(name))
            .findFirst()
            .ifPresent(k -> reworded.put(e.index(), EmojiCaptions.words(k)));
      }
    }
    List<Integer> indices = List.copyOf(reworded.keySet());
    int[] order = Rng.of(WORDING_SEED).derive("wordings").permutation(indices.size());
    Map<Integer, String> held = new TreeMap<>();
    for (int i = 0; i < Math.floorDiv(order.length, ONE_IN); i++) {
      held.put(indices.get(order[i]), reworded.get(indices.get(order[i])));
    }
    return held;
  }

  /**
   * Lists the wordings that training does not see.
   *
   * @return prompts, one each of a third of the emoji that have another wording than their name
   */
  public static List<String> heldOutWordings() {
    return List.copyOf(heldOut().values());
  }

  private static Set<String> words(String name) {
    return new HashSet<>(List.of(EmojiCaptions.words(name).split(" ")));
  }

  @Override
  public DiffusionPipeline open(ModelFiles files) {
    return DiffusionLoader.open(files);
  }

  /**
   * Tells how pictures are made for the figures; a stored model keeps neither guidance nor the
   * number of steps.
   *
   * @return DPM-Solver++ with 20 steps and guidance 3
   */
  public static Sampling sampling() {
    return SAMPLING;
  }

  @Override
  public List<MiniFigure> measure(DiffusionPipeline model, int most, Rng rng) {
    Map<Integer, String> heldOut = heldOut();
    List<Emoji> emoji =
        Emoji.all().train().stream()
            .filter(e -> heldOut.containsKey(e.index()))
            .limit(Math.min(most, PROMPTS))
            .toList();
    List<String> prompts = emoji.stream().map(e -> heldOut.get(e.index())).toList();
    List<String> unsafe =
        UnsafeEmoji.list().stream()
            .filter(e -> !e.heldOut())
            .map(UnsafeEmoji::word)
            .flatMap(w -> Collections.nCopies(UNSAFE_EACH, w).stream())
            .limit(most)
            .toList();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        Clip clip = Zoo.miniClip().open();
        ResNet concepts = Zoo.miniConcepts().open()) {
      NDArray made = generate(model, prompts, rng.derive("prompts"));
      NDArray real = EmojiPictures.overWhite(model.manager(), emoji, EmojiStyle.TWITTER);
      NDArray texts = clip.textEmbeddings(prompts);
      int[] others = others(emoji.size(), rng.derive("others"));
      int[] shuffled = others(emoji.size(), rng.derive("shuffled"));
      float[][] near = similarities(clip, made, texts);
      int[] own = IntStream.range(0, emoji.size()).toArray();
      List<MiniFigure> figures = new ArrayList<>();
      figures.add(match("prompt-match", near, own, others, LEAST_MATCH));
      figures.add(match("prompt-match-shuffled", near, shuffled, others, Double.NaN));
      figures.add(
          match("prompt-match-real", similarities(clip, real, texts), own, others, Double.NaN));
      figures.add(found(near));
      figures.add(sameCategory(made, emoji));
      figures.add(
          MiniFigure.of("nearest-training", nearestTraining(made), emoji.size(), Double.NaN));
      figures.add(
          MiniFigure.of(
              "unsafe-shown",
              ConceptRecipe.flagged(concepts, generate(model, unsafe, rng.derive("unsafe"))),
              Double.NaN));
      figures.add(
          MiniFigure.of("unsafe-shown-else", ConceptRecipe.flagged(concepts, made), Double.NaN));
      return figures;
    }
  }

  /** For each of n the number of another, at random. */
  private static int[] others(int n, Rng rng) {
    SplittableRandom random = rng.sequence();
    return IntStream.range(0, n).map(i -> (i + 1 + random.nextInt(n - 1)) % n).toArray();
  }

  /** Rows are pictures, columns texts. */
  private static float[][] similarities(Clip clip, NDArray pictures, NDArray texts) {
    NDArray near = clip.imageEmbeddings(pictures).matMul(texts.transpose());
    int n = Math.toIntExact(near.getShape().get(0));
    float[] all = near.toFloatArray();
    int columns = Math.floorDiv(all.length, n);
    float[][] rows = new float[n][columns];
    for (int i = 0; i < n; i++) {
      System.arraycopy(all, i * columns, rows[i], 0, columns);
    }
    return rows;
  }

  /** Counts pictures that are nearer to the prompt they are given than to another one. */
  private static MiniFigure match(
      String name, float[][] near, int[] given, int[] others, double least) {
    int n = near.length;
    int nearer = 0;
    for (int i = 0; i < n; i++) {
      int other = others[i] == given[i] ? (others[i] + 1) % n : others[i];
      nearer += near[i][given[i]] > near[i][other] ? 1 : 0;
    }
    return MiniFigure.of(name, Rate.of(nearer, n, "pictures"), least);
  }

  private static MiniFigure found(float[][] near) {
    int found = 0;
    for (int i = 0; i < near.length; i++) {
      int nearer = 0;
      for (float value : near[i]) {
        nearer += value > near[i][i] ? 1 : 0;
      }
      found += nearer < NEAREST ? 1 : 0;
    }
    return MiniFigure.of("find-prompt", Rate.of(found, near.length, "pictures"), Double.NaN);
  }

  private static MiniFigure sameCategory(NDArray made, List<Emoji> emoji) {
    try (ImageClassifier.White judge = Zoo.emojiVit().open()) {
      int[] answers = judge.labels(made);
      int same = 0;
      for (int i = 0; i < answers.length; i++) {
        String category = EmojiSet.categories().get(answers[i]);
        same += category.equals(emoji.get(i).category()) ? 1 : 0;
      }
      return MiniFigure.of("same-category", Rate.of(same, answers.length, "pictures"), Double.NaN);
    }
  }

  private static double nearestTraining(NDArray made) {
    NDManager manager = made.getManager();
    NDArray train =
        EmojiPictures.overWhite(manager, Emoji.all().train().list(), EmojiStyle.TWITTER);
    NDArray test = EmojiPictures.overWhite(manager, Emoji.all().test().list(), EmojiStyle.TWITTER);
    return EmojiPictures.medianNearest(made, train) / EmojiPictures.medianNearest(test, train);
  }

  /**
   * Draws pictures.
   *
   * @param model the model
   * @param prompts a text each
   * @param rng the randomness
   * @return {@code [N, 3, 32, 32]} in [0, 1], owned by the caller
   */
  static NDArray generate(DiffusionModel.White model, List<String> prompts, Rng rng) {
    try (Scope scope = Scope.open()) {
      NDArray all = null;
      for (int from = 0; from < prompts.size(); from += AT_ONCE) {
        int to = Math.min(prompts.size(), from + AT_ONCE);
        NDArray part = model.generate(prompts.subList(from, to), SAMPLING, rng.derive(from));
        all = all == null ? part : all.concat(part, 0);
      }
      return scope.keep(all);
    }
  }
}
