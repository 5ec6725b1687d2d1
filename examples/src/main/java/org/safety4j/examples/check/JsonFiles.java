package org.safety4j.examples.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.error.InvalidModelFile;

/** Reads what a reference says in JSON. */
final class JsonFiles {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_BYTES = 16 << 20;

  private JsonFiles() {}

  static JsonNode read(Path file) {
    return parse(file.toString(), text(file));
  }

  /** One value a line. */
  static List<JsonNode> lines(Path file) {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : text(file).lines().toList()) {
      if (!line.isBlank()) {
        rows.add(parse(file + ": line " + (rows.size() + 1), line));
      }
    }
    return rows;
  }

  static Object plain(JsonNode node) {
    return node.isMissingNode() ? null : JSON.convertValue(node, Object.class);
  }

  private static JsonNode parse(String origin, String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new InvalidModelFile(origin + ": not valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static String text(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new InvalidModelFile(file + ": no such file");
      }
      if (Files.size(file) > MAX_BYTES) {
        throw new InvalidModelFile(
            file + ": " + Files.size(file) + " bytes are more than the " + MAX_BYTES + " allowed");
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
