package org.safety4j.datasets.zoo;

import java.io.IOException;
import java.io.InputStream;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Source;
import org.safety4j.datasets.images.ImageSet;

/**
 * The name of a model of the zoo; opening it loads the weights.
 *
 * <pre>{@code
 * try (ImageClassifier.White model = Zoo.digitsVit().open()) { ... }
 * }</pre>
 *
 * @param id such as {@code digits-vit-pgd}; {@link Zoo#list()} has them all
 * @serial exclude
 */
public record ZooModel(String id) implements Source<ImageClassifier.White> {
  private static final long serialVersionUID = 1L;

  /**
   * Checks the name.
   *
   * @param id a model's name
   * @throws IllegalArgumentException if there is no such model; the message lists near names
   */
  public ZooModel {
    if (Design.of(id) == null) {
      throw new IllegalArgumentException(
          "id: no model \"" + id + "\" in the zoo" + NearNames.hint(id, Design.ids()));
    }
  }

  @Override
  public Class<ImageClassifier.White> type() {
    return ImageClassifier.White.class;
  }

  /**
   * Opens the model.
   *
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if the weights are missing or are not those that were published
   */
  @Override
  public ImageClassifier.White open() {
    return open(ImageClassifier.White.class);
  }

  /**
   * Opens the model as a narrower type, such as {@code VisionTransformer.White}.
   *
   * @param <M> the type
   * @param wanted its class token
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if the weights are missing or are not those that were published
   * @throws org.safety4j.core.error.UnsupportedModel if the model is not of this type
   */
  public <M extends ImageClassifier.White> M open(Class<M> wanted) {
    ZooFolder.check(id, figures().sha256(), hash());
    return Models.open(ModelFiles.beside(Zoo.class, id), wanted);
  }

  /**
   * Tells what was measured on the model when it was built.
   *
   * @return the figures
   * @throws InvalidModelFile if they are missing or damaged
   */
  public ZooFigures figures() {
    try (InputStream in = resource(ZooFigures.FILE)) {
      return ZooFigures.read(id + "/" + ZooFigures.FILE, in);
    } catch (IOException e) {
      throw new InvalidModelFile("zoo model " + id + ": figures cannot be read", e);
    }
  }

  /**
   * Tells how the model is trained in the standard way; hardened models change its loss.
   *
   * @return the recipe
   */
  public ZooRecipe recipe() {
    return Design.of(id).recipe();
  }

  /**
   * Tells which training the model went through.
   *
   * @return the training
   */
  public ZooTraining training() {
    return Design.of(id).training();
  }

  /**
   * Names pictures that the model has not seen.
   *
   * @return the held-out split
   */
  public ImageSet test() {
    return recipe().test();
  }

  private String hash() {
    try {
      return ZooFolder.hash(this::resource);
    } catch (IOException e) {
      throw new InvalidModelFile("zoo model " + id + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private InputStream resource(String file) {
    return ZooFolder.resource(id, file);
  }
}
