package org.safety4j.defenses.engine;

import java.util.function.Function;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.defense.Shield;
import org.safety4j.core.model.ImageClassifier;

/** Wraps a classifier as exactly the rung that a shield was asked for. */
public final class Rungs {
  private Rungs() {}

  /**
   * Wraps a model.
   *
   * @param <M> the rung
   * @param by the shield
   * @param model the model; stays the caller's
   * @param rung {@code Black}, {@code Gray} or {@code White} of {@link ImageClassifier}
   * @param black wraps labels
   * @param gray wraps scores
   * @param white wraps gradients; null if the shield has none
   * @return the wrapped model
   * @throws IllegalArgumentException if the shield cannot offer the rung
   */
  public static <M extends ImageClassifier.Black> Protected<M> view(
      Shield<ImageClassifier.Black> by,
      M model,
      Class<M> rung,
      Function<ImageClassifier.Black, ImageClassifier.Black> black,
      Function<ImageClassifier.Gray, ImageClassifier.Gray> gray,
      Function<ImageClassifier.White, ImageClassifier.White> white) {
    ImageClassifier.Black view;
    if (rung == ImageClassifier.Black.class) {
      view = black.apply(model);
    } else if (rung == ImageClassifier.Gray.class) {
      view = gray.apply((ImageClassifier.Gray) model);
    } else if (rung == ImageClassifier.White.class && white != null) {
      view = white.apply((ImageClassifier.White) model);
    } else {
      throw cannotKeep(by, model, rung);
    }
    return Protected.view(by, model, rung.cast(view), rung);
  }

  /**
   * Makes the error for a rung that a shield cannot keep.
   *
   * @param by the shield
   * @param model what it was to wrap
   * @param rung the rung that was asked for
   * @return the error
   */
  public static IllegalArgumentException cannotKeep(
      Shield<ImageClassifier.Black> by, ImageClassifier.Black model, Class<?> rung) {
    return new IllegalArgumentException(
        by.info().id()
            + " cannot offer "
            + rung.getName()
            + "; of "
            + model.card().name()
            + " it keeps "
            + by.keeps(model).getName());
  }
}
