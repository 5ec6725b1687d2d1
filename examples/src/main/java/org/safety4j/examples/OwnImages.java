package org.safety4j.examples;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.core.load.ImagePreprocessor;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Source;
import org.safety4j.core.nn.DifferentiableClassifier;
import org.safety4j.core.tensor.Scope;
import org.safety4j.datasets.images.ImageFolder;

/**
 * A user's pictures, prepared as the model wants them. Pictures without labels get the model's own
 * answers: what is measured then is whether an attack changes an answer.
 */
record OwnImages(String folder, String model, int count) implements Source<LabeledImages> {
  private static final long serialVersionUID = 1L;

  @Override
  public String id() {
    Path name = Path.of(folder).toAbsolutePath().normalize().getFileName();
    return name + (labeled() ? "" : ", labelled by the model itself");
  }

  boolean labeled() {
    return ImageFolder.read(Path.of(folder)).labeled();
  }

  @Override
  public Class<LabeledImages> type() {
    return LabeledImages.class;
  }

  @Override
  public LabeledImages open() {
    ImagePreprocessor preprocessor = Models.preprocessor(Path.of(model));
    ImageFolder listing =
        ImageFolder.read(Path.of(folder)).preprocessedBy(image -> prepared(preprocessor, image));
    try (ImageClassifier.White classifier = Models.imageClassifier(Path.of(model))) {
      int channels = (int) classifier.inputShape().get(0);
      List<String> names =
          classifier instanceof DifferentiableClassifier named
              ? named.classNames()
              : IntStream.range(0, classifier.classes()).mapToObj(Integer::toString).toList();
      if (!listing.labeled()) {
        listing = listing.labeledBy(images -> answers(classifier, channels, images), names);
      }
      try (LabeledImages images = listing.first(count);
          Scope scope = Scope.open()) {
        int[] labels = labels(images, names);
        return LabeledImages.of(id(), channels(images.images(), channels), labels, names);
      }
    }
  }

  /** One by one, so that a folder of large pictures does not need the memory of one large batch. */
  private static int[] answers(ImageClassifier.White classifier, int channels, NDArray images) {
    int[] answers = new int[(int) images.getShape().get(0)];
    for (int i = 0; i < answers.length; i++) {
      try (Scope scope = Scope.open()) {
        NDArray one = images.get(new NDIndex(i + ":" + (i + 1)));
        answers[i] = classifier.labels(channels(one, channels))[0];
      }
    }
    return answers;
  }

  /** A folder is read in colour; a model of gray pictures takes one of the three equal channels. */
  private static NDArray channels(NDArray images, int channels) {
    return images.get(new NDIndex(":, 0:" + channels));
  }

  /** A folder's classes are found among the model's by their names. */
  private int[] labels(LabeledImages images, List<String> names) {
    List<String> own = images.classNames();
    int[] labels = images.labels();
    for (int i = 0; i < labels.length; i++) {
      String name = own.isEmpty() ? Integer.toString(labels[i]) : own.get(labels[i]);
      labels[i] = own.isEmpty() ? labels[i] : names.indexOf(name);
      if (labels[i] < 0 || labels[i] >= names.size()) {
        throw new InvalidDataFile(
            folder
                + ": \""
                + name
                + "\" is not a class of the model, which has "
                + names.size()
                + ", such as \""
                + names.get(0)
                + "\"; name the subfolders or labels after the model's classes");
      }
    }
    return labels;
  }

  private static NDArray prepared(ImagePreprocessor preprocessor, NDArray image) {
    int height = (int) image.getShape().get(2);
    int width = (int) image.getShape().get(3);
    float[] values = image.toFloatArray();
    int plane = height * width;
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < plane; i++) {
      int red = Math.round(255 * values[i]);
      int green = Math.round(255 * values[plane + i]);
      int blue = Math.round(255 * values[2 * plane + i]);
      picture.setRGB(i % width, i / width, red << 16 | green << 8 | blue);
    }
    NDArray prepared = preprocessor.prepare(picture, image.getManager());
    return prepared.getShape().get(1) == 3 ? prepared : prepared.repeat(1, 3);
  }
}
