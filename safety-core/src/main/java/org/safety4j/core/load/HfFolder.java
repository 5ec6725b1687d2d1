package org.safety4j.core.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.Tokenizer;

/**
 * A model's folder in the layout of Hugging Face: {@code config.json} beside {@code
 * model.safetensors} (or its shards), {@code preprocessor_config.json}, {@code tokenizer.json}.
 *
 * @param path the folder
 */
public record HfFolder(Path path) implements ModelFiles {
  private static final List<String> WEIGHTS = List.of("model", "diffusion_pytorch_model");
  private static final List<String> PICKLES = List.of(".bin", ".pth", ".ckpt", ".pkl", ".pickle");
  private static final String PREPROCESSOR = "preprocessor_config.json";

  /**
   * Checks that there is a folder.
   *
   * @param path the folder
   * @throws InvalidModelFile if there is none
   */
  public HfFolder {
    if (!Files.isDirectory(path)) {
      throw new InvalidModelFile(path + ": no such folder");
    }
  }

  @Override
  public boolean has(String name) {
    return Files.isRegularFile(path.resolve(name));
  }

  @Override
  public HfFolder part(String name) {
    return new HfFolder(path.resolve(name));
  }

  @Override
  public String origin() {
    return path.toString();
  }

  @Override
  public String name() {
    Path last = path.toAbsolutePath().normalize().getFileName();
    return last == null ? "model" : last.toString();
  }

  @Override
  public HfConfig config(String file) {
    return HfConfig.read(path.resolve(file));
  }

  @Override
  public ImagePreprocessor preprocessor() {
    return ImagePreprocessor.read(path.resolve(PREPROCESSOR));
  }

  @Override
  public TensorSource weights() {
    for (String name : WEIGHTS) {
      if (has(name + ".safetensors")) {
        return SafetensorsFile.open(path.resolve(name + ".safetensors"));
      }
      if (has(name + ".safetensors.index.json")) {
        return ShardedSafetensors.open(path.resolve(name + ".safetensors.index.json"));
      }
    }
    String pickle = pickle();
    if (pickle != null) {
      throw new UnsupportedModel(
          path.resolve(pickle)
              + ": a pickle can run code when it is opened and is refused unread; convert it to safetensors"
              + " (save_pretrained(folder, safe_serialization=True))");
    }
    throw new InvalidModelFile(
        path + ": neither model.safetensors nor model.safetensors.index.json is there");
  }

  @Override
  public byte[] read(String name, int maxBytes) {
    Path file = path.resolve(name);
    try {
      if (!Files.isRegularFile(file)) {
        throw new InvalidModelFile(file + ": no such file");
      }
      long size = Files.size(file);
      if (size > maxBytes) {
        throw new InvalidModelFile(
            file + ": " + size + " bytes are more than the " + maxBytes + " allowed");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public Tokenizer tokenizer() {
    return !has("tokenizer.json") && has("vocab.json") && has("merges.txt")
        ? ClipVocabulary.open(path)
        : HuggingFaceTokenizers.open(path);
  }

  private String pickle() {
    try (Stream<Path> files = Files.list(path)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> PICKLES.stream().anyMatch(f::endsWith))
          .sorted()
          .findFirst()
          .orElse(null);
    } catch (IOException e) {
      throw new InvalidModelFile(path + ": cannot be listed: " + e.getMessage(), e);
    }
  }
}
