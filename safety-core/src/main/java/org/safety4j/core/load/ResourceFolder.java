package org.safety4j.core.load;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.safety4j.core.error.InvalidModelFile;

/** A model's files on the class path. */
record ResourceFolder(Class<?> anchor, String folder) implements ModelFiles {
  @Override
  public String origin() {
    return "resource " + folder;
  }

  @Override
  public String name() {
    return folder.substring(folder.lastIndexOf('/') + 1);
  }

  @Override
  public HfConfig config() {
    return json("config.json");
  }

  @Override
  public ImagePreprocessor preprocessor() {
    return ImagePreprocessor.of(json("preprocessor_config.json"));
  }

  @Override
  public TensorSource weights() {
    return SafetensorsFile.ofResource(anchor, folder + "/model.safetensors");
  }

  private HfConfig json(String file) {
    String name = folder + "/" + file;
    try (InputStream in = anchor.getResourceAsStream(name)) {
      if (in == null) {
        throw new InvalidModelFile(
            "resource " + name + " beside " + anchor.getName() + ": not on the class path");
      }
      return HfConfig.parse(
          "resource " + name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new InvalidModelFile("resource " + name + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
