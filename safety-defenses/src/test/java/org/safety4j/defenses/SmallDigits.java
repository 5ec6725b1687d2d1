package org.safety4j.defenses;

import ai.djl.ndarray.types.Shape;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.run.Run;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.images.Digits;
import org.safety4j.defenses.engine.certify.LayeredNetwork;

/**
 * A small network trained on some real digits, the test split, and what it classifies correctly.
 */
public final class SmallDigits implements AutoCloseable {
  private final LayeredNetwork model;
  private final LabeledImages train;
  private final LabeledImages test;

  private SmallDigits(LayeredNetwork model, LabeledImages train, LabeledImages test) {
    this.model = model;
    this.train = train;
    this.test = test;
  }

  public static SmallDigits open(int images, int epochs) {
    LabeledImages train = Digits.train().first(images).open();
    ClassifierRecipe recipe = recipe(epochs);
    LayeredNetwork model = (LayeredNetwork) recipe.train(train, Run.seed(0));
    return new SmallDigits(model, train, Digits.test().first(150).open());
  }

  public static ClassifierRecipe recipe(int epochs) {
    return new ClassifierRecipe(
        "small-digits",
        rng ->
            LayeredNetwork.builder("small-digits", new Shape(1, 8, 8))
                .flatten()
                .linear(48)
                .relu()
                .linear(24)
                .relu()
                .linear(10)
                .build(rng),
        TrainingOptions.adamW(epochs, 50, 0.01));
  }

  public LayeredNetwork model() {
    return model;
  }

  public LabeledImages train() {
    return train;
  }

  public LabeledImages test() {
    return test;
  }

  @Override
  public void close() {
    model.close();
    train.close();
    test.close();
  }
}
