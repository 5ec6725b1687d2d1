package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.diffusion.BetaSchedule;
import org.safety4j.core.model.diffusion.Ddpm;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.nn.diffusion.UNet;
import org.safety4j.core.nn.diffusion.UNetConfig;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.Denoising;
import org.safety4j.core.train.Optimizer;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.images.Digits;

/**
 * {@code mini-ddpm}: an unconditional denoiser of handwritten digits, 8x8 pixels, one channel; two
 * levels of 32 and 64 channels, two residual layers each, attention over pixels at the coarse one;
 * 1.0 million parameters. Noise is predicted over 1,000 steps of a squared-cosine schedule. Half of
 * the training pictures are turned, scaled and shifted a little.
 *
 * <p>Figures are measured on pictures made by {@link #sampling}. {@code recognised} is the share of
 * generated pictures of which {@code digits-cnn} is as sure as of all but the least sure twentieth
 * of the real held-out digits (its largest probability is at least their fifth percentile); real
 * digits reach 95 % by construction, uniform noise 5 %. {@code rarest-digit} and {@code
 * commonest-digit} are shares of the classes among the generated pictures. {@code nearest-training}
 * is the median distance of generated pictures to their nearest training picture, as a multiple of
 * the same for held-out digits: well below 1 would mean copies.
 */
public final class DdpmRecipe implements MiniRecipe<DiffusionPipeline> {
  private static final int SIDE = 8;
  private static final int STEPS = 1000;

  /** Ancestral: deterministic samplers leave a little noise, of which the judge is unsure. */
  private static final Sampling SAMPLING = Sampling.of(Ddpm.steps(200).withClip(1));

  private static final int EPOCHS = 1300;
  private static final int BATCH = 128;
  private static final double PEAK_RATE = 2e-3;
  private static final double EMA = 0.999;
  private static final double MOVED = 0.5;
  private static final AffineJitter MOTION = new AffineJitter(5, 0.05, 0.03, false);
  private static final int GENERATED = 300;
  private static final int AT_ONCE = 150;
  private static final double LEAST_SURE = 0.05;
  private static final int CLASSES = 10;

  @Override
  public String id() {
    return "mini-ddpm";
  }

  @Override
  public Class<DiffusionPipeline> type() {
    return DiffusionPipeline.class;
  }

  @Override
  public DiffusionPipeline initial(Rng rng) {
    UNetConfig config = UNetConfig.unconditional(SIDE, 1, List.of(32, 64), 2);
    return DiffusionPipeline.of(
        new ModelCard(id(), "DDIMPipeline", 0, "zoo recipe " + id(), "Apache-2.0"),
        UNet.initial(config, rng.derive("denoiser")),
        null,
        null,
        NoiseSchedule.of(BetaSchedule.SQUAREDCOS_CAP_V2, STEPS, 1e-4, 0.02),
        SAMPLING);
  }

  @Override
  public TrainingOptions options() {
    return TrainingOptions.adamW(EPOCHS, BATCH, PEAK_RATE)
        .withOptimizer(Optimizer.Config.adamW(1e-3))
        .withEmaDecay(EMA);
  }

  @Override
  public TrainingLog train(DiffusionPipeline model, TrainingOptions options, Run run) {
    try (LabeledImages digits = Digits.train().open()) {
      Denoising objective =
          Denoising.of(
              model, (samples, rng) -> moved(Ops.rows(digits.images(), samples), samples, rng));
      return TrainingLoop.run(model, digits.size(), objective, options, run);
    }
  }

  /** Moves some of the pictures, each by its own draw. */
  private static NDArray moved(NDArray images, int[] samples, Rng rng) {
    float[] chosen = new float[samples.length];
    for (int i = 0; i < chosen.length; i++) {
      SplittableRandom random = rng.derive("chosen").derive(samples[i]).sequence();
      chosen[i] = random.nextDouble() < MOVED ? 1 : 0;
    }
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray moved = MOTION.apply(images, samples, rng.derive("motion"));
      NDArray which = images.getManager().create(chosen, new Shape(chosen.length, 1, 1, 1));
      return scope.keep(images.add(moved.sub(images).mul(which)));
    }
  }

  @Override
  public DiffusionPipeline open(ModelFiles files) {
    return DiffusionLoader.open(files);
  }

  @Override
  public List<MiniFigure> measure(DiffusionPipeline model, int most, Rng rng) {
    int count = Math.min(most, GENERATED);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        ImageClassifier.White judge = Zoo.digitsCnn().open();
        LabeledImages train = Digits.train().open();
        LabeledImages test = Digits.test().open()) {
      double sure = percentile(surest(judge, test.images()), LEAST_SURE);
      NDArray made = generate(model, count, rng);
      int recognised = 0;
      for (float p : surest(judge, made)) {
        recognised += p >= sure ? 1 : 0;
      }
      int[] classes = new int[CLASSES];
      for (int digit : judge.labels(made)) {
        classes[digit]++;
      }
      Arrays.sort(classes);
      double real = EmojiPictures.medianNearest(test.images(), train.images());
      List<MiniFigure> figures = new ArrayList<>();
      figures.add(MiniFigure.of("recognised", Rate.of(recognised, count, "pictures"), 0.9));
      figures.add(
          MiniFigure.of("rarest-digit", Rate.of(classes[0], count, "pictures"), Double.NaN));
      figures.add(
          MiniFigure.of(
              "commonest-digit", Rate.of(classes[CLASSES - 1], count, "pictures"), Double.NaN));
      figures.add(
          MiniFigure.of(
              "nearest-training",
              EmojiPictures.medianNearest(made, train.images()) / real,
              count,
              0.5));
      return figures;
    }
  }

  /**
   * Tells how pictures are made for the figures; a stored model does not keep the number of steps.
   *
   * @return the ancestral sampler with 200 steps
   */
  public static Sampling sampling() {
    return SAMPLING;
  }

  /**
   * Generates pictures.
   *
   * @param model the model
   * @param count how many
   * @param rng the randomness
   * @return {@code [count, 1, 8, 8]} in [0, 1], owned by the caller
   */
  static NDArray generate(DiffusionPipeline model, int count, Rng rng) {
    try (Scope scope = Scope.open()) {
      NDArray all = null;
      for (int from = 0; from < count; from += AT_ONCE) {
        List<String> prompts = Collections.nCopies(Math.min(AT_ONCE, count - from), "");
        NDArray part = model.generate(prompts, SAMPLING, rng.derive(from));
        all = all == null ? part : all.concat(part, 0);
      }
      return scope.keep(all);
    }
  }

  private static float[] surest(ImageClassifier.White judge, NDArray images) {
    return Ops.maxPerSample(Ops.softmax(judge.logits(images))).toFloatArray();
  }

  private static double percentile(float[] values, double share) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (share * sorted.length)];
  }
}
