package org.safety4j.examples.check;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.load.HfConfig;
import org.safety4j.core.load.ImagePreprocessor;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.tensor.Scope;
import org.safety4j.examples.pictures.PictureFile;

/** Image processors, each in a folder of its own, at work on one picture. */
final class PreprocessorCheck {
  private static final Pattern OUTPUT = Pattern.compile("([A-Za-z0-9_-]+)\\.pixel_values");

  private PreprocessorCheck() {}

  static boolean isFor(Reference reference) {
    return reference.outputs().stream().anyMatch(name -> OUTPUT.matcher(name).matches());
  }

  static void check(Path folder, Reference reference) {
    BufferedImage picture = PictureFile.read(picture(folder));
    for (String output : reference.outputs()) {
      Matcher name = OUTPUT.matcher(output);
      if (name.matches()) {
        ImagePreprocessor preprocessor =
            ImagePreprocessor.read(
                folder.resolve(name.group(1)).resolve("preprocessor_config.json"));
        try (Scope scope = Scope.open()) {
          NDArray prepared = preprocessor.prepare(picture, reference.manager());
          reference.compare(output, normalised(prepared, preprocessor.normalization()));
        }
      }
    }
    reference.finish("image processors");
  }

  private static NDArray normalised(NDArray images, Normalization normalization) {
    return images
        .sub(perChannel(images, normalization.mean()))
        .div(perChannel(images, normalization.std()));
  }

  private static NDArray perChannel(NDArray images, List<Double> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return images.getManager().create(floats, new Shape(1, floats.length, 1, 1));
  }

  private static Path picture(Path folder) {
    Path described = folder.resolve("fixture.json");
    String name =
        Files.isRegularFile(described)
            ? HfConfig.read(described).string("picture", "picture.png")
            : "picture.png";
    Path file = folder.resolve(name).normalize();
    if (!folder.normalize().equals(file.getParent())) {
      throw new InvalidModelFile(described + ": \"picture\" must name a file beside it");
    }
    return file;
  }
}
