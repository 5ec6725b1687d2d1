package org.safety4j.datasets.zoo;

import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.resnet.ResNet;
import org.safety4j.core.nn.resnet.ResNetConfig;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.nn.vit.VitConfig;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.core.train.Optimizer;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.images.Digits;

/**
 * Recipes for the handwritten digits: 8x8 pixels, one channel, ten classes. Training pictures are
 * turned, scaled and shifted a little; a standard training takes a minute or less on one core.
 */
public final class DigitsRecipes {
  private static final int SIDE = 8;
  private static final int CLASSES = 10;
  private static final int BATCH = 64;
  private static final List<String> NAMES =
      IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList();
  private static final Normalization MIDDLE = Normalization.same(1, 0.5, 0.5);
  private static final AffineJitter MOTION = new AffineJitter(5, 0.05, 0.04, false);
  private static final double WEIGHT_DECAY = 0.05;
  private static final double EPSILON = 0.1;

  private DigitsRecipes() {}

  /**
   * A vision transformer: patches of 2x2 pixels, width 64, 4 blocks, 4 heads; 136 thousand
   * parameters.
   *
   * @return the recipe, 100 epochs
   */
  public static ZooRecipe vit() {
    VitConfig config = VitConfig.small(SIDE, 1, 2, 64, 4, 4, CLASSES);
    return recipe(
        "digits-vit",
        rng -> Vit.of(config, MIDDLE, new WidePositions(rng), NAMES, ModelCard.named("digits-vit")),
        100,
        1e-3);
  }

  /**
   * A residual network: two stages of 32 and 64 channels, one basic layer each; 77 thousand
   * parameters.
   *
   * @return the recipe, 40 epochs
   */
  public static ZooRecipe cnn() {
    ResNetConfig config = ResNetConfig.small(SIDE, 1, List.of(32, 64), CLASSES);
    return recipe(
        "digits-cnn",
        rng ->
            ResNet.of(
                config, MIDDLE, InitialParameters.of(rng), NAMES, ModelCard.named("digits-cnn")),
        40,
        4e-3);
  }

  private static ZooRecipe recipe(
      String id, Function<Rng, TrainableClassifier> initial, int epochs, double peakRate) {
    TrainingOptions options =
        TrainingOptions.adamW(epochs, BATCH, peakRate)
            .withOptimizer(Optimizer.Config.adamW(WEIGHT_DECAY));
    return new ZooRecipe(
        new ClassifierRecipe(id, initial, options, MOTION),
        ClassifierRecipe.CROSS_ENTROPY,
        Digits.train(),
        Digits.test(),
        EPSILON);
  }
}
