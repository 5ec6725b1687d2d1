package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.safety4j.core.load.Models;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.load.SafetensorsWriter;
import org.safety4j.core.load.StoredType;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * A model of the zoo as a folder in the layout of Hugging Face, its weights in half precision, with
 * the figures beside them.
 */
public final class ZooFolder {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final List<String> HASHED = List.of(CONFIG, WEIGHTS, "preprocessor_config.json");

  private ZooFolder() {}

  /** Where a file's bytes come from. */
  @FunctionalInterface
  interface Opener {
    InputStream open(String file) throws IOException;
  }

  /**
   * Writes a model. Weights are rounded to half precision.
   *
   * @param model a model whose kind {@link Models#save} knows; stays the caller's
   * @param folder the folder, made if it is not there; files of the same names are replaced
   * @throws UncheckedIOException if it cannot be written
   */
  public static void save(ImageClassifier.White model, Path folder) {
    Models.save(model, folder);
    try {
      Path config = folder.resolve(CONFIG);
      String text = Files.readString(config, StandardCharsets.UTF_8);
      Files.writeString(config, text.replace("\"float32\"", "\"float16\"") + "\n");
      byte[] halved;
      try (SafetensorsFile full = SafetensorsFile.open(folder.resolve(WEIGHTS))) {
        halved = halved(full);
      }
      Files.write(folder.resolve(WEIGHTS), halved);
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }

  private static byte[] halved(SafetensorsFile full) {
    try (NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      SafetensorsWriter writer = new SafetensorsWriter();
      for (String name : full.names()) {
        boolean real = full.info(name).type() == StoredType.F32;
        writer.put(name, full.read(name, manager), real ? StoredType.F16 : full.info(name).type());
      }
      return writer.toBytes();
    }
  }

  /**
   * Hashes what makes up a model: configuration, weights, preprocessor.
   *
   * @param folder the folder
   * @return SHA-256 in hexadecimal
   * @throws UncheckedIOException if a file cannot be read
   */
  public static String hash(Path folder) {
    try {
      return hash(file -> Files.newInputStream(folder.resolve(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }

  static String hash(Opener files) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String file : HASHED) {
        try (InputStream in = files.open(file)) {
          digest.update(in.readAllBytes());
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
