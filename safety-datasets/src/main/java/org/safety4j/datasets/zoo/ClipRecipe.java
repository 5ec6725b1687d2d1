package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.load.Models;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.nn.clip.ClipTextConfig;
import org.safety4j.core.nn.clip.ClipTowerConfig;
import org.safety4j.core.nn.clip.ClipVisionConfig;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.text.Tokenizer;
import org.safety4j.core.train.BatchObjective;
import org.safety4j.core.train.Contrastive;
import org.safety4j.core.train.Optimizer;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiSet;
import org.safety4j.datasets.images.EmojiStyle;

/**
 * {@code mini-clip}: emoji pictures (32x32) and captions in one space of 64 dimensions. Vision
 * tower: patches of 8x8, width 96, 4 blocks, 3 heads; text tower: width 96, 3 blocks, 3 heads, over
 * a byte-pair vocabulary of its own, learnt from the training captions. Trained by matching
 * pictures, which are moved, recoloured and laid over random backgrounds, to captions from names,
 * keywords and categories, with credit for every caption of the batch that is true of a picture.
 *
 * <p>It learns from the Twitter style of the training emoji, and from the Noto style of four fifths
 * of them: held out are all pictures of the test emoji, and the Noto pictures of the other training
 * emoji.
 *
 * <p>Figures, each for {@code twitter} and {@code noto} pictures of test emoji and for {@code
 * unseen-style}, the Noto pictures of emoji of which only the Twitter picture was learnt: {@code
 * zero-shot} is the share whose category is the nearest of nine category texts (always answering
 * the largest category reaches 20 %); {@code find-picture} is the share of names that have their
 * picture among the ten nearest of all pictures of the group, {@code find-name} the share of
 * pictures that have their name among the ten nearest; guessing reaches ten over the size of the
 * group.
 */
public final class ClipRecipe implements MiniRecipe<Clip> {
  private static final int PATCH = 8;
  private static final int WIDTH = 96;
  private static final int VISION_BLOCKS = 4;
  private static final int TEXT_BLOCKS = 3;
  private static final int HEADS = 3;
  private static final int SHARED = 64;
  private static final int POSITIONS = 20;
  private static final int MERGES = 1200;
  private static final int EPOCHS = 32;
  private static final int BATCH = 128;
  private static final double PEAK_RATE = 1.5e-3;
  private static final double WEIGHT_DECAY = 0.1;
  private static final double EMA = 0.995;
  private static final long STYLE_SEED = 20250206;
  private static final double STYLE_HELD_OUT = 0.2;
  private static final int NEAREST = 10;

  /** Half as much again as always answering the largest category. */
  private static final double LEAST_RIGHT = 0.3;

  /** Three times and more what guessing reaches. */
  private static final double LEAST_FOUND = 0.1;

  private static final BackgroundJitter JITTER =
      new BackgroundJitter(new AffineJitter(12, 0.2, 0.1, true), 0.2);

  /** A picture of an emoji. */
  private record Drawn(Emoji emoji, EmojiStyle style) {}

  @Override
  public String id() {
    return "mini-clip";
  }

  @Override
  public Class<Clip> type() {
    return Clip.class;
  }

  @Override
  public Clip initial(Rng rng) {
    Tokenizer tokenizer =
        CaptionTokenizer.learn(id(), EmojiCaptions.texts(Emoji.all().train()), MERGES);
    int end = tokenizer.special().end().orElseThrow();
    ClipTextConfig text =
        new ClipTextConfig(
            ClipTowerConfig.small(WIDTH, TEXT_BLOCKS, HEADS),
            tokenizer.size(),
            POSITIONS,
            tokenizer.special().begin().orElseThrow(),
            end,
            end);
    ClipVisionConfig vision =
        new ClipVisionConfig(
            ClipTowerConfig.small(WIDTH, VISION_BLOCKS, HEADS), Emoji.SIDE, PATCH, 3);
    return Clip.initial(
        text, vision, SHARED, Normalization.same(3, 0.5, 0.5), tokenizer, rng, id());
  }

  @Override
  public TrainingOptions options() {
    return TrainingOptions.adamW(EPOCHS, BATCH, PEAK_RATE)
        .withOptimizer(Optimizer.Config.adamW(WEIGHT_DECAY))
        .withEmaDecay(EMA);
  }

  @Override
  public TrainingLog train(Clip model, TrainingOptions options, Run run) {
    List<Drawn> drawn = new ArrayList<>();
    List<Emoji> emoji = Emoji.all().train().list();
    TreeSet<Integer> unseen = unseenStyle(emoji.size());
    for (int i = 0; i < emoji.size(); i++) {
      drawn.add(new Drawn(emoji.get(i), EmojiStyle.TWITTER));
      if (!unseen.contains(i)) {
        drawn.add(new Drawn(emoji.get(i), EmojiStyle.NOTO));
      }
    }
    try (NDManager manager = Tensors.newManager()) {
      NDArray pictures = pictures(manager, drawn);
      return TrainingLoop.run(model, drawn.size(), matching(model, drawn, pictures), options, run);
    }
  }

  /** Places among the training emoji whose Noto picture is held out. */
  private static TreeSet<Integer> unseenStyle(int emoji) {
    int[] order = Rng.of(STYLE_SEED).derive("noto").permutation(emoji);
    TreeSet<Integer> held = new TreeSet<>();
    for (int i = 0; i < STYLE_HELD_OUT * emoji; i++) {
      held.add(order[i]);
    }
    return held;
  }

  private static NDArray pictures(NDManager manager, List<Drawn> drawn) {
    int size = 4 * Emoji.SIDE * Emoji.SIDE;
    float[] all = new float[drawn.size() * size];
    for (int i = 0; i < drawn.size(); i++) {
      System.arraycopy(drawn.get(i).emoji().rgba(drawn.get(i).style()), 0, all, i * size, size);
    }
    return manager.create(all, new Shape(drawn.size(), 4, Emoji.SIDE, Emoji.SIDE));
  }

  private static BatchObjective matching(Clip model, List<Drawn> drawn, NDArray pictures) {
    return (samples, epoch, rng) -> {
      List<EmojiCaptions.Caption> captions = new ArrayList<>();
      for (int sample : samples) {
        SplittableRandom random = rng.derive("caption").derive(sample).sequence();
        captions.add(EmojiCaptions.draw(drawn.get(sample).emoji(), random));
      }
      NDArray images = JITTER.apply(Ops.rows(pictures, samples), samples, rng.derive("picture"));
      NDArray matches =
          model
              .manager()
              .create(matches(samples, drawn, captions), new Shape(samples.length, samples.length));
      DualEncoder.TextBatch batch =
          model.tokenize(captions.stream().map(EmojiCaptions.Caption::text).toList());
      NDArray texts = model.embedTokens(model.tokenEmbeddings(batch.ids()), batch);
      return Contrastive.matched(model.logits(model.embedImages(images), texts), matches);
    };
  }

  private static float[] matches(
      int[] samples, List<Drawn> drawn, List<EmojiCaptions.Caption> captions) {
    int n = samples.length;
    float[] matches = new float[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        matches[i * n + j] = captions.get(j).fits(drawn.get(samples[i]).emoji()) ? 1 : 0;
      }
    }
    return matches;
  }

  @Override
  public Clip open(ModelFiles files) {
    return Models.open(files, Clip.class);
  }

  @Override
  public List<MiniFigure> measure(Clip model, int most, Rng rng) {
    List<Emoji> test = Emoji.all().test().list();
    List<Emoji> train = Emoji.all().train().list();
    List<Emoji> unseen = unseenStyle(train.size()).stream().map(train::get).toList();
    List<MiniFigure> figures = new ArrayList<>();
    measure(model, "twitter", first(test, most), EmojiStyle.TWITTER, figures);
    measure(model, "noto", first(test, most), EmojiStyle.NOTO, figures);
    measure(model, "unseen-style", first(unseen, most), EmojiStyle.NOTO, figures);
    return figures;
  }

  private static List<Emoji> first(List<Emoji> emoji, int most) {
    return emoji.subList(0, Math.min(most, emoji.size()));
  }

  private static void measure(
      Clip model, String group, List<Emoji> emoji, EmojiStyle style, List<MiniFigure> figures) {
    int n = emoji.size();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        ImageClassifier.White zeroShot = model.zeroShot(EmojiCaptions.categoryPrompts())) {
      NDArray images = EmojiPictures.overWhite(model.manager(), emoji, style);
      int[] answers = zeroShot.labels(images);
      int right = 0;
      for (int i = 0; i < n; i++) {
        String category = EmojiSet.categories().get(answers[i]);
        right += category.equals(emoji.get(i).category()) ? 1 : 0;
      }
      NDArray pictures = model.imageEmbeddings(images);
      NDArray names =
          model.textEmbeddings(emoji.stream().map(e -> EmojiCaptions.words(e.name())).toList());
      NDArray near = pictures.matMul(names.transpose());
      figures.add(MiniFigure.of("zero-shot-" + group, Rate.of(right, n, "pictures"), LEAST_RIGHT));
      figures.add(
          MiniFigure.of(
              "find-picture-" + group, Rate.of(found(near.transpose()), n, "names"), LEAST_FOUND));
      figures.add(
          MiniFigure.of("find-name-" + group, Rate.of(found(near), n, "pictures"), LEAST_FOUND));
    }
  }

  /** Counts rows whose own column is among the largest. */
  private static int found(NDArray similarities) {
    int n = Math.toIntExact(similarities.getShape().get(0));
    int k = Math.min(NEAREST, n);
    long[] best = Ops.topKIndices(similarities, k).toLongArray();
    return (int) IntStream.range(0, n).filter(i -> contains(best, i, k)).count();
  }

  private static boolean contains(long[] best, int row, int k) {
    return Arrays.stream(best, row * k, (row + 1) * k).anyMatch(column -> column == row);
  }
}
