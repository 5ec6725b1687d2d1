package org.safety4j.datasets.zoo;

import java.util.List;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.Source;
import org.safety4j.core.nn.lm.Precision;

/**
 * The name of a language model of the zoo; opening it loads the weights.
 *
 * <pre>{@code
 * try (CausalLm.White lm = Zoo.miniChat().open()) {
 *   lm.asChat().ask("What colour is amber-dew?");
 * }
 * }</pre>
 *
 * @param id such as {@code mini-chat}; {@link Zoo#languageModels()} has them all
 * @serial exclude
 */
public record ZooLm(String id) implements Source<CausalLm.White> {
  private static final long serialVersionUID = 1L;

  /** Ids of all language models. */
  static final List<String> IDS = List.of("mini-chat", "mini-chat-unaligned");

  /**
   * Checks the name.
   *
   * @param id a model's name
   * @throws IllegalArgumentException if there is no such model; the message lists near names
   */
  public ZooLm {
    if (!IDS.contains(id)) {
      throw new IllegalArgumentException(
          "id: no language model \"" + id + "\" in the zoo" + NearNames.hint(id, IDS));
    }
  }

  @Override
  public Class<CausalLm.White> type() {
    return CausalLm.White.class;
  }

  /**
   * Opens the model.
   *
   * @return the model, to be closed by the caller; also an {@link
   *     org.safety4j.core.model.TrainableLm}
   * @throws InvalidModelFile if the weights are missing or are not those that were published
   */
  @Override
  public CausalLm.White open() {
    return (CausalLm.White) open(Precision.FULL);
  }

  /**
   * Opens the model in a precision.
   *
   * @param precision how the weights are held
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if the weights are missing or are not those that were published
   */
  public CausalLm.Gray open(Precision precision) {
    ZooFolder.check(id, figures().sha256(), ZooFolder.hashOfTextModel(id));
    return LanguageModels.causalLm(ModelFiles.beside(Zoo.class, id), precision);
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
   * @return the recipe, the same for the model and its unaligned twin
   */
  public MiniChatRecipe recipe() {
    return MiniChatRecipe.standard();
  }

  /**
   * Tells how far through the recipe the model went.
   *
   * @return its last stage
   */
  public MiniChatRecipe.Stage stage() {
    return id.endsWith("-unaligned") ? MiniChatRecipe.Stage.INSTRUCT : MiniChatRecipe.Stage.ALIGN;
  }
}
