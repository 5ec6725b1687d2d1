package org.safety4j.core.load;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiConsumer;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.SpecialTokens;
import org.safety4j.core.text.Tokenizer;

/** Writes the files of a model's folder. */
final class FolderWriter {
  private static final String RUNNING_MEAN = "running_mean";

  private FolderWriter() {}

  /** Shows arrays under the names that a file is to hold them by. */
  @FunctionalInterface
  interface Stored {
    void forEach(BiConsumer<String, NDArray> consumer);
  }

  static void model(Path folder, ObjectNode config, Parameters parameters) {
    model(folder, config, parameters::forEachStored);
  }

  static void model(Path folder, ObjectNode config, Stored stored) {
    config.put("torch_dtype", "float32");
    part(folder, "model.safetensors", config, stored);
  }

  /** A configuration and weights under a name of their own. */
  static void part(Path folder, String weights, ObjectNode config, Parameters parameters) {
    part(folder, weights, config, parameters::forEachStored);
  }

  private static void part(Path folder, String weights, ObjectNode config, Stored stored) {
    make(folder);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      SafetensorsWriter writer = new SafetensorsWriter();
      stored.forEach(
          (name, array) -> {
            writer.put(name, array);
            if (name.endsWith(
                RUNNING_MEAN)) { // other readers draw a layer anew that lacks its counter
              String layer = name.substring(0, name.length() - RUNNING_MEAN.length());
              writer.put(layer + "num_batches_tracked", array.getManager().create(0L));
            }
          });
      writer.write(folder.resolve(weights));
    }
    json(folder.resolve("config.json"), config);
  }

  static void preprocessor(Path folder, int width, int height, Normalization normalization) {
    ImagePreprocessor.resizing(width, height, normalization)
        .write(folder.resolve("preprocessor_config.json"));
  }

  static void tokenizer(Path folder, Tokenizer tokenizer) {
    tokenizer(folder, tokenizer, Optional.empty());
  }

  static void tokenizer(Path folder, Tokenizer tokenizer, Optional<ChatTemplate> template) {
    make(folder);
    AtomicFile.write(folder.resolve("tokenizer.json"), HuggingFaceTokenizers.json(tokenizer));
    ObjectNode config = Json.MAPPER.createObjectNode();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    SpecialTokens special = tokenizer.special();
    role(config, "bos_token", special.begin(), tokenizer);
    role(config, "eos_token", special.end(), tokenizer);
    role(config, "pad_token", special.padding(), tokenizer);
    role(config, "unk_token", special.unknown(), tokenizer);
    template.ifPresent(t -> config.put("chat_template", t.source()));
    json(folder.resolve("tokenizer_config.json"), config);
  }

  private static void role(ObjectNode config, String field, OptionalInt id, Tokenizer tokenizer) {
    if (id.isPresent()) {
      config.put(field, tokenizer.token(id.getAsInt()));
    }
  }

  static void json(Path file, JsonNode content) {
    make(file.getParent());
    try {
      AtomicFile.write(
          file, Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(content));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the configuration cannot be encoded", e);
    }
  }

  private static void make(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }
}
