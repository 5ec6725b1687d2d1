package org.safety4j.testkit.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/** Seeded images that a given model classifies correctly, because it labelled them itself. */
public final class TestImages {
  private static final double LOW = 0.2;
  private static final double HIGH = 0.8;

  private TestImages() {}

  /**
   * Draws images away from the box's walls.
   *
   * @param model who labels them
   * @param n how many, at least 1
   * @param seed any number
   * @return images in [0.2, 0.8], to be closed by the caller
   */
  public static LabeledImages labelledBy(ImageClassifier.White model, int n, long seed) {
    return labelledBy(model, model.inputShape(), n, seed);
  }

  /**
   * Draws images away from the box's walls.
   *
   * @param model who labels them
   * @param element shape of an image, {@code [C, H, W]}
   * @param n how many, at least 1
   * @param seed any number
   * @return images in [0.2, 0.8], to be closed by the caller
   */
  public static LabeledImages labelledBy(
      ImageClassifier.Black model, Shape element, int n, long seed) {
    try (Scope scope = Scope.open();
        NDManager manager = Tensors.newManager()) {
      NDArray x = Rng.of(seed).uniform(manager, new Shape(n).addAll(element), LOW, HIGH);
      return LabeledImages.of("test-images", x, model.labels(x), List.of());
    }
  }

  /**
   * Gives some images a label that the model does not answer.
   *
   * @param images images; closed
   * @param classes number of classes
   * @param which numbers of the images
   * @return a copy, to be closed by the caller
   */
  public static LabeledImages mislabelled(LabeledImages images, int classes, int... which) {
    try (images) {
      int[] labels = images.labels();
      for (int i : which) {
        labels[i] = (labels[i] + 1) % classes;
      }
      return LabeledImages.of(images.name(), images.images(), labels, images.classNames());
    }
  }
}
