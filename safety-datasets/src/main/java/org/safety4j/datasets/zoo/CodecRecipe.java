package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.diffusion.AutoencoderConfig;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.train.Reconstruction;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiStyle;

/**
 * {@code mini-codec}: emoji pictures (32x32) to latents of 8x8 with 4 channels and back, a twelfth
 * of the values; levels of 16, 32 and 64 channels with one residual layer each. It is the codec
 * that {@code mini-t2i} is built on. Trained on the training emoji in both styles, moved,
 * recoloured and laid over white or a random colour; an epoch is a part of a pass, of 256 pictures.
 *
 * <p>Figures, for {@code twitter} and {@code noto} pictures of held-out emoji over white: {@code
 * psnr} is the peak signal-to-noise ratio of what comes back, in decibels, from the mean squared
 * error over all pictures; {@code same-answer} the share of which {@code emoji-vit} gives the same
 * category before and after.
 */
public final class CodecRecipe implements MiniRecipe<LatentCodec> {
  private static final int LATENT_CHANNELS = 4;
  private static final int GROUPS = 8;
  private static final double DIVERGENCE = 3e-3;
  private static final int EPOCHS = 170;
  private static final int PART = 256;
  private static final int BATCH = 16;
  private static final double PEAK_RATE = 2e-3;
  private static final double EMA = 0.995;
  private static final double LEAST_PSNR = 20;
  private static final double LEAST_SAME = 0.6;

  private static final AffineJitter MOTION = new AffineJitter(12, 0.15, 0.08, true);

  @Override
  public String id() {
    return "mini-codec";
  }

  @Override
  public Class<LatentCodec> type() {
    return LatentCodec.class;
  }

  @Override
  public LatentCodec initial(Rng rng) {
    AutoencoderConfig config =
        new AutoencoderConfig(
            Emoji.SIDE,
            Emoji.SIDE,
            3,
            LATENT_CHANNELS,
            List.of(16, 32, 64),
            1,
            GROUPS,
            Activation.SILU,
            true,
            true,
            true,
            1,
            0);
    return LatentCodec.named(id(), AutoencoderKl.initial(config, rng));
  }

  @Override
  public TrainingOptions options() {
    return TrainingOptions.adamW(EPOCHS, BATCH, PEAK_RATE).withEmaDecay(EMA);
  }

  @Override
  public TrainingLog train(LatentCodec model, TrainingOptions options, Run run) {
    List<Emoji> emoji = Emoji.all().train().list();
    try (NDManager manager = Tensors.newManager()) {
      NDArray pictures =
          EmojiPictures.overWhite(manager, emoji, EmojiStyle.TWITTER)
              .concat(EmojiPictures.overWhite(manager, emoji, EmojiStyle.NOTO), 0);
      Reconstruction objective =
          new Reconstruction(
              model.codec(),
              (items, rng) -> EmojiPictures.moved(pictures, items, MOTION, rng),
              DIVERGENCE);
      PartialEpochs parts = new PartialEpochs(2 * emoji.size(), PART, run.rng().derive("passes"));
      return TrainingLoop.run(model, PART, parts.over(objective), options, run);
    }
  }

  @Override
  public void save(LatentCodec model, Path folder) {
    DiffusionLoader.save(model.codec(), folder);
  }

  @Override
  public LatentCodec open(ModelFiles files) {
    return LatentCodec.named(id(), DiffusionLoader.autoencoder(files));
  }

  @Override
  public List<MiniFigure> measure(LatentCodec model, int most, Rng rng) {
    List<Emoji> test = Emoji.all().test().list();
    List<Emoji> held = test.subList(0, Math.min(most, test.size()));
    List<MiniFigure> figures = new ArrayList<>();
    measure(model, "twitter", held, EmojiStyle.TWITTER, figures);
    measure(model, "noto", held, EmojiStyle.NOTO, figures);
    return figures;
  }

  private static void measure(
      LatentCodec model,
      String group,
      List<Emoji> emoji,
      EmojiStyle style,
      List<MiniFigure> figures) {
    int n = emoji.size();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        ImageClassifier.White judge = Zoo.emojiVit().open()) {
      NDArray images = EmojiPictures.overWhite(model.codec().manager(), emoji, style);
      NDArray back = Ops.clamp(model.codec().decode(model.codec().encode(images)), 0, 1);
      double squares = back.sub(images).square().mean().getFloat();
      figures.add(MiniFigure.of("psnr-" + group, -10 * Math.log10(squares), n, LEAST_PSNR));
      int[] before = judge.labels(images);
      int[] after = judge.labels(back);
      int same = 0;
      for (int i = 0; i < n; i++) {
        same += before[i] == after[i] ? 1 : 0;
      }
      figures.add(MiniFigure.of("same-answer-" + group, Rate.of(same, n, "pictures"), LEAST_SAME));
    }
  }
}
