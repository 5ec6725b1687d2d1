package org.safety4j.datasets.zoo;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The models of the zoo: which recipe, which training. */
enum Design {
  DIGITS_VIT("digits-vit", ZooTraining.STANDARD, DigitsRecipes::vit),
  DIGITS_VIT_PGD("digits-vit", ZooTraining.PGD, DigitsRecipes::vit),
  DIGITS_VIT_TRADES("digits-vit", ZooTraining.TRADES, DigitsRecipes::vit),
  DIGITS_CNN("digits-cnn", ZooTraining.STANDARD, DigitsRecipes::cnn),
  DIGITS_CNN_PGD("digits-cnn", ZooTraining.PGD, DigitsRecipes::cnn),
  DIGITS_CNN_TRADES("digits-cnn", ZooTraining.TRADES, DigitsRecipes::cnn),
  EMOJI_VIT("emoji-vit", ZooTraining.STANDARD, EmojiRecipes::vit);

  private final String id;
  private final ZooTraining training;
  private final Supplier<ZooRecipe> recipe;

  Design(String base, ZooTraining training, Supplier<ZooRecipe> recipe) {
    this.id = base + training.suffix();
    this.training = training;
    this.recipe = recipe;
  }

  static Design of(String id) {
    return Arrays.stream(values()).filter(d -> d.id.equals(id)).findFirst().orElse(null);
  }

  static List<String> ids() {
    return Arrays.stream(values()).map(d -> d.id).toList();
  }

  ZooTraining training() {
    return training;
  }

  ZooRecipe recipe() {
    return recipe.get();
  }
}
