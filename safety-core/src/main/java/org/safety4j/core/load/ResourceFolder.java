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

  @Override
  public boolean has(String file) {
    return anchor.getResource(folder + "/" + file) != null;
  }

  @Override
  public byte[] read(String file, int maxBytes) {
    String name = folder + "/" + file;
    try (InputStream in = anchor.getResourceAsStream(name)) {
      if (in == null) {
        throw new InvalidModelFile(
            "resource " + name + " beside " + anchor.getName() + ": not on the class path");
      }
      byte[] bytes = in.readNBytes(maxBytes);
      if (in.read() >= 0) {
        throw new InvalidModelFile(
            "resource " + name + ": more than the " + maxBytes + " bytes allowed");
      }
      return bytes;
    } catch (IOException e) {
      throw new InvalidModelFile("resource " + name + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private HfConfig json(String file) {
    return HfConfig.parse(
        "resource " + folder + "/" + file,
        new String(read(file, HfConfig.MAX_BYTES), StandardCharsets.UTF_8));
  }
}
