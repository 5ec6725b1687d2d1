package org.safety4j.datasets.zoo;

import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.nn.vit.VitConfig;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.core.train.Optimizer;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiSet;
import org.safety4j.datasets.images.Rgb;

/** Recipes for the emoji pictures: 32x32 pixels, three channels, nine categories. */
public final class EmojiRecipes {
  private static final int PATCH = 8;
  private static final int WIDTH = 96;
  private static final int BLOCKS = 6;
  private static final int HEADS = 3;
  private static final int EPOCHS = 250;
  private static final int BATCH = 64;
  private static final double PEAK_RATE = 1e-3;
  private static final double WEIGHT_DECAY = 0.1;
  private static final double EPSILON = 2 / 255.0;

  private EmojiRecipes() {}

  /**
   * A vision transformer that tells an emoji's category: patches of 8x8 pixels, width 96, 6 blocks,
   * 3 heads. Training pictures are turned, scaled, shifted and mirrored, recoloured, laid over
   * random backgrounds, and mixed.
   *
   * @return the recipe
   */
  public static ZooRecipe vit() {
    VitConfig config =
        VitConfig.small(Emoji.SIDE, 3, PATCH, WIDTH, BLOCKS, HEADS, EmojiSet.categories().size())
            .withMlpWidth(4 * WIDTH);
    TrainingOptions options =
        TrainingOptions.adamW(EPOCHS, BATCH, PEAK_RATE)
            .withOptimizer(Optimizer.Config.adamW(WEIGHT_DECAY));
    ClassifierRecipe classifier =
        new ClassifierRecipe(
            "emoji-vit",
            rng ->
                Vit.of(
                    config,
                    Normalization.same(3, 0.5, 0.5),
                    InitialParameters.of(rng),
                    EmojiSet.categories(),
                    ModelCard.named("emoji-vit")),
            options,
            new BackgroundJitter(new AffineJitter(12, 0.2, 0.1, true), 0.2));
    return new ZooRecipe(
        classifier,
        new MixedBatches(0.5, 0.1),
        Emoji.all().train().asRgba(),
        Emoji.all().test().asImages(Rgb.WHITE),
        EPSILON);
  }
}
