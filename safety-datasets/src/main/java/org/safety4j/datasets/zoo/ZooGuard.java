package org.safety4j.datasets.zoo;

import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.Require;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.model.Source;
import org.safety4j.core.model.TextClassifier;

/**
 * The name of a text classifier of the zoo; opening it loads the weights.
 *
 * <pre>{@code
 * try (TextClassifier.White guard = Zoo.miniGuard().open()) {
 *   guard.labels(List.of("How do I brew nightshade-glass?"));   // 1: forbidden
 * }
 * }</pre>
 *
 * @param id {@code mini-guard}
 * @serial exclude
 */
public record ZooGuard(String id) implements Source<TextClassifier.White> {
  private static final long serialVersionUID = 1L;

  /** The id of the only one. */
  static final String ID = "mini-guard";

  /**
   * Checks the name.
   *
   * @param id a model's name
   * @throws IllegalArgumentException if there is no such model
   */
  public ZooGuard {
    Require.that(ID.equals(id), "id: no guard \"" + id + "\" in the zoo; there is " + ID);
  }

  @Override
  public Class<TextClassifier.White> type() {
    return TextClassifier.White.class;
  }

  /**
   * Opens the model.
   *
   * @return the model, to be closed by the caller; also an {@link
   *     org.safety4j.core.nn.HasParameters}
   * @throws InvalidModelFile if the weights are missing or are not those that were published
   */
  @Override
  public TextClassifier.White open() {
    ZooFolder.check(id, figures().sha256(), ZooFolder.hashOfTextModel(id));
    return LanguageModels.textClassifier(ModelFiles.beside(Zoo.class, id));
  }

  /**
   * Tells what was measured on the model when it was built.
   *
   * @return the figures
   * @throws InvalidModelFile if they are missing or damaged
   */
  public ZooLmFigures figures() {
    return ZooLmFigures.of(id);
  }

  /**
   * Tells how the model is trained.
   *
   * @return the recipe
   */
  public MiniGuardRecipe recipe() {
    return MiniGuardRecipe.standard();
  }
}
