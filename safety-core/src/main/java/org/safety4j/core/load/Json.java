package org.safety4j.core.load;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.safety4j.core.error.InvalidModelFile;

/**
 * Reads JSON of unknown origin: size, depth and number length are bounded, duplicate keys are
 * refused.
 */
final class Json {
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS) // Python writes Infinity
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(64)
                  .maxNumberLength(100)
                  .maxNameLength(10_000)
                  .build())
          .build();

  static final ObjectMapper MAPPER =
      JsonMapper.builder(FACTORY).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private Json() {}

  /** Reads a file whose root is an object. */
  static JsonNode object(Path file, int maxBytes) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new InvalidModelFile(file + ": no such file");
      }
      if (Files.size(file) > maxBytes) {
        throw new InvalidModelFile(
            file + ": " + Files.size(file) + " bytes are more than the " + maxBytes + " allowed");
      }
      byte[] bytes;
      try (InputStream in = Files.newInputStream(file)) {
        bytes = in.readNBytes(maxBytes);
      }
      return object(file.toString(), bytes);
    } catch (NoSuchFileException e) {
      throw new InvalidModelFile(file + ": no such file", e);
    } catch (IOException e) {
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  static JsonNode object(String origin, byte[] bytes) {
    JsonNode node;
    try {
      node = MAPPER.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw new InvalidModelFile(origin + ": not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new InvalidModelFile(origin + ": cannot be read as JSON: " + e.getMessage(), e);
    }
    if (node == null || !node.isObject()) {
      throw new InvalidModelFile(origin + ": a JSON object was expected");
    }
    return node;
  }
}
