package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.load.Models;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.resnet.ResNet;
import org.safety4j.core.nn.resnet.ResNetConfig;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.train.BatchObjective;
import org.safety4j.core.train.Optimizer;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiStyle;
import org.safety4j.datasets.images.UnsafeEmoji;

/**
 * {@code mini-concepts}: tells pictures of {@link UnsafeEmoji} (class {@code unsafe}) from all
 * other emoji (class {@code safe}); a residual network of three stages. It learns from the Twitter
 * style of the training emoji alone: half of each batch shows one of the seven unsafe ones, moved,
 * recoloured and laid over white or a random colour, and half of the pictures have passed through
 * {@code mini-codec}, as those of {@code mini-t2i} do.
 *
 * <p>The concept has few pictures, so each is shown sixteen times for the figures, moved anew each
 * time; the intervals take those for independent and are too narrow for other drawings. {@code
 * sensitivity-twitter} is the share flagged of new motions of the training pictures, {@code
 * sensitivity-noto} of the same emoji in the Noto style, which it never saw, {@code
 * sensitivity-unseen} of the unsafe emoji of the test split in both styles. {@code
 * specificity-twitter} and {@code specificity-noto} are the shares passed of the safe emoji of the
 * test split, over white.
 */
public final class ConceptRecipe implements MiniRecipe<ResNet> {
  /** Names of the classes, in the order of the logits. */
  public static final List<String> CLASSES = List.of("safe", "unsafe");

  /** Index of the class of what stands for unsafe content. */
  public static final int UNSAFE = 1;

  private static final int EPOCHS = 80;
  private static final int LENGTH = 512;
  private static final int BATCH = 32;
  private static final double PEAK_RATE = 2e-3;
  private static final int SHOWN = 16;
  private static final double LEAST = 0.95;

  private static final BackgroundJitter JITTER =
      new BackgroundJitter(new AffineJitter(15, 0.25, 0.12, true), 0.3);

  @Override
  public String id() {
    return "mini-concepts";
  }

  @Override
  public Class<ResNet> type() {
    return ResNet.class;
  }

  @Override
  public ResNet initial(Rng rng) {
    return ResNet.of(
        ResNetConfig.small(Emoji.SIDE, 3, List.of(16, 32, 64), CLASSES.size()),
        Normalization.same(3, 0.5, 0.5),
        InitialParameters.of(rng),
        CLASSES,
        ModelCard.named(id()));
  }

  @Override
  public TrainingOptions options() {
    return TrainingOptions.adamW(EPOCHS, BATCH, PEAK_RATE)
        .withOptimizer(Optimizer.Config.adamW(0.05));
  }

  @Override
  public TrainingLog train(ResNet model, TrainingOptions options, Run run) {
    List<Emoji> emoji = Emoji.all().train().list();
    int[] unsafe =
        IntStream.range(0, emoji.size()).filter(i -> UnsafeEmoji.contains(emoji.get(i))).toArray();
    int[] safe =
        IntStream.range(0, emoji.size()).filter(i -> !UnsafeEmoji.contains(emoji.get(i))).toArray();
    try (NDManager manager = Tensors.newManager();
        LatentCodec codec = Zoo.miniCodec().open()) {
      NDArray pictures = EmojiPictures.rgba(manager, emoji, EmojiStyle.TWITTER);
      BatchObjective objective =
          (samples, epoch, rng) -> {
            SplittableRandom random = rng.derive("items").sequence();
            int[] items = new int[samples.length];
            long[] labels = new long[samples.length];
            for (int i = 0; i < items.length; i++) {
              labels[i] = i % 2;
              int[] group = labels[i] == UNSAFE ? unsafe : safe;
              items[i] = group[random.nextInt(group.length)];
            }
            NDArray images = shown(codec.codec(), pictures, items, samples, rng.derive("shown"));
            NDArray logits = model.forward(images, true);
            return Ops.pick(Ops.logSoftmax(logits), manager.create(labels)).mean().neg();
          };
      return TrainingLoop.run(model, LENGTH, objective, options, run);
    }
  }

  /** Pictures as training sees them; the first half of a batch is passed through the codec. */
  private static NDArray shown(
      AutoencoderKl codec, NDArray pictures, int[] items, int[] samples, Rng rng) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray images = JITTER.apply(Ops.rows(pictures, items), samples, rng);
      int half = Math.floorDiv(items.length, 2);
      NDArray coded = codec.decode(codec.encode(images.get(":" + half)));
      return scope.keep(Ops.clamp(coded, 0, 1).concat(images.get(half + ":"), 0));
    }
  }

  @Override
  public ResNet open(ModelFiles files) {
    return Models.open(files, ResNet.class);
  }

  @Override
  public List<MiniFigure> measure(ResNet model, int most, Rng rng) {
    List<Emoji> unsafe = UnsafeEmoji.list();
    List<Emoji> known = unsafe.stream().filter(e -> !e.heldOut()).toList();
    List<Emoji> unseen = unsafe.stream().filter(Emoji::heldOut).toList();
    List<Emoji> safe =
        Emoji.all().test().stream().filter(e -> !UnsafeEmoji.contains(e)).limit(most).toList();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDManager manager = model.manager();
      NDArray twitter = repeated(EmojiPictures.rgba(manager, known, EmojiStyle.TWITTER), most);
      NDArray noto = repeated(EmojiPictures.rgba(manager, known, EmojiStyle.NOTO), most);
      NDArray others =
          repeated(
              EmojiPictures.rgba(manager, unseen, EmojiStyle.TWITTER)
                  .concat(EmojiPictures.rgba(manager, unseen, EmojiStyle.NOTO), 0),
              most);
      List<MiniFigure> figures = new ArrayList<>();
      figures.add(sensitivity(model, "twitter", twitter, rng, LEAST));
      figures.add(sensitivity(model, "noto", noto, rng, Double.NaN));
      figures.add(sensitivity(model, "unseen", others, rng, Double.NaN));
      for (EmojiStyle style : EmojiStyle.values()) {
        Rate flagged = flagged(model, EmojiPictures.overWhite(manager, safe, style));
        Rate passed = Rate.of(flagged.trials() - flagged.successes(), flagged.trials(), "pictures");
        String name = "specificity-" + style.name().toLowerCase(java.util.Locale.ROOT);
        figures.add(MiniFigure.of(name, passed, LEAST));
      }
      return figures;
    }
  }

  private static NDArray repeated(NDArray pictures, int most) {
    int n = Math.toIntExact(pictures.getShape().get(0));
    int count = Math.min(most, n * SHOWN);
    return Ops.rows(pictures, IntStream.range(0, count).map(i -> i % n).toArray());
  }

  private static MiniFigure sensitivity(
      ResNet model, String group, NDArray rgba, Rng rng, double least) {
    int n = Math.toIntExact(rgba.getShape().get(0));
    NDArray images = JITTER.apply(rgba, IntStream.range(0, n).toArray(), rng.derive(group));
    return MiniFigure.of("sensitivity-" + group, flagged(model, images), least);
  }

  /** The share of pictures that are taken for unsafe. */
  static Rate flagged(ResNet model, NDArray images) {
    int[] labels = model.labels(images);
    return Rate.of(
        IntStream.of(labels).filter(label -> label == UNSAFE).count(), labels.length, "pictures");
  }
}
