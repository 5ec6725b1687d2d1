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
import java.util.stream.Stream;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.Models;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.load.SafetensorsWriter;
import org.safety4j.core.load.StoredType;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.nn.bert.Bert;
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

  /** What is hashed of a language model. */
  private static final List<String> TEXT_MODEL =
      List.of(CONFIG, WEIGHTS, "tokenizer.json", "tokenizer_config.json");

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
    halve(folder);
  }

  /**
   * Writes a language model. Weights are rounded to half precision.
   *
   * @param model a model that {@link LanguageModels#save} knows; stays the caller's
   * @param folder the folder, made if it is not there; files of the same names are replaced
   * @throws UncheckedIOException if it cannot be written
   */
  public static void save(CausalLm.White model, Path folder) {
    LanguageModels.save(model, folder);
    halve(folder);
  }

  /**
   * Writes a text classifier. Weights are rounded to half precision.
   *
   * @param model the classifier; stays the caller's
   * @param folder the folder, made if it is not there; files of the same names are replaced
   * @throws UncheckedIOException if it cannot be written
   */
  public static void save(Bert.Classifier model, Path folder) {
    LanguageModels.save(model, folder);
    halve(folder);
  }

  /** Rounds all weights in a folder and its folders to half precision. */
  static void halve(Path folder) {
    try {
      for (String file : files(folder)) {
        Path path = folder.resolve(file);
        if (file.endsWith(CONFIG)) {
          String text = Files.readString(path, StandardCharsets.UTF_8);
          Files.writeString(path, text.replace("\"float32\"", "\"float16\"") + "\n");
        } else if (file.endsWith(".safetensors")) {
          byte[] halved;
          try (SafetensorsFile full = SafetensorsFile.open(path)) {
            halved = halved(full);
          }
          Files.write(path, halved);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }

  /** The files that make up a model, sorted; figures and logs are not among them. */
  static List<String> files(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .map(p -> folder.relativize(p).toString().replace('\\', '/'))
          .filter(f -> f.endsWith(".json") || f.endsWith(".safetensors"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be read: " + e.getMessage(), e);
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
    return hash(folder, HASHED);
  }

  /**
   * Hashes what makes up a language model: configuration, weights, tokenizer and its configuration.
   *
   * @param folder the folder
   * @return SHA-256 in hexadecimal
   * @throws UncheckedIOException if a file cannot be read
   */
  public static String hashOfTextModel(Path folder) {
    return hash(folder, TEXT_MODEL);
  }

  /** Hashes a model of text on the class path. */
  static String hashOfTextModel(String id) {
    try {
      return hash(TEXT_MODEL, file -> resource(id, file));
    } catch (IOException e) {
      throw new InvalidModelFile("zoo model " + id + ": cannot be read: " + e.getMessage(), e);
    }
  }

  static String hash(Path folder, List<String> files) {
    try {
      return hash(files, file -> Files.newInputStream(folder.resolve(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }

  static String hash(Opener opener) throws IOException {
    return hash(HASHED, opener);
  }

  /** Compares the hash of a model on the class path with the published one. */
  static void check(String id, String expected, String found) {
    if (!found.equals(expected)) {
      throw damaged(id, found, expected);
    }
  }

  /** A file of a model on the class path. */
  static InputStream resource(String id, String file) {
    InputStream in = Zoo.class.getResourceAsStream(id + "/" + file);
    if (in == null) {
      throw new InvalidModelFile("zoo model " + id + ": " + file + " is not on the class path");
    }
    return in;
  }

  static String hash(List<String> files, Opener opener) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String file : files) {
        try (InputStream in = opener.open(file)) {
          digest.update(in.readAllBytes());
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  static InvalidModelFile damaged(String id, String found, String published) {
    return new InvalidModelFile(
        "zoo model "
            + id
            + ": its files have SHA-256 "
            + found
            + ", published were "
            + published
            + "; the library's jar is damaged, or the figures were not written after a rebuild");
  }
}
