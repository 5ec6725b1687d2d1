package org.safety4j.datasets.zoo;

import java.io.IOException;
import java.io.InputStream;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.Source;
import org.safety4j.core.model.Trainable;

/**
 * The name of a small model of the zoo that has figures of its own; opening it loads the weights.
 *
 * <pre>{@code
 * try (DiffusionModel.White model = Zoo.miniDdpm().open()) { ... }
 * }</pre>
 *
 * @param <M> the model
 * @param id such as {@code mini-ddpm}; {@link Zoo#minis()} has them all
 * @serial exclude
 */
public record MiniModel<M extends Model & Trainable>(String id) implements Source<M> {
  private static final long serialVersionUID = 1L;

  /**
   * Checks the name.
   *
   * @param id a model's name
   * @throws IllegalArgumentException if there is no such model; the message lists near names
   */
  public MiniModel {
    if (MiniDesign.of(id) == null) {
      throw new IllegalArgumentException(
          "id: no small model \"" + id + "\" in the zoo" + NearNames.hint(id, MiniDesign.ids()));
    }
  }

  @Override
  public Class<M> type() {
    return recipe().type();
  }

  /**
   * Opens the model.
   *
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if the weights are missing or are not those that were published
   */
  @Override
  public M open() {
    MiniFigures figures = figures();
    String found = hash(figures);
    if (!found.equals(figures.sha256())) {
      throw ZooFolder.damaged(id, found, figures.sha256());
    }
    return recipe().open(ModelFiles.beside(Zoo.class, id));
  }

  /**
   * Tells how the model was trained and what was measured on it.
   *
   * @return the figures
   * @throws InvalidModelFile if they are missing or damaged
   */
  public MiniFigures figures() {
    try (InputStream in = ZooFolder.resource(id, ZooFigures.FILE)) {
      return MiniFigures.read(id + "/" + ZooFigures.FILE, in);
    } catch (IOException e) {
      throw new InvalidModelFile("zoo model " + id + ": figures cannot be read", e);
    }
  }

  /**
   * Tells how the model is trained and measured.
   *
   * @return the recipe
   */
  @SuppressWarnings("unchecked") // the id names one recipe, and Zoo names its type
  public MiniRecipe<M> recipe() {
    return (MiniRecipe<M>) MiniDesign.of(id).recipe();
  }

  private String hash(MiniFigures figures) {
    try {
      return ZooFolder.hash(figures.files(), file -> ZooFolder.resource(id, file));
    } catch (IOException e) {
      throw new InvalidModelFile("zoo model " + id + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
