package org.safety4j.examples.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;

/**
 * Chat templates with conversations and what the reference makes of them: a text, or a refusal. The
 * error is the number of conversations that come out otherwise, relative to how many there are.
 */
final class TemplateCheck {
  private static final String RENDERED = "rendered";
  private static final String ERROR = "error";
  private static final String CONTENT = "content";

  private TemplateCheck() {}

  /** The folder's file of templates, or null. */
  static Path file(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> f.getFileName().toString().endsWith(".jsonl") && Files.isRegularFile(f))
          .sorted()
          .findFirst()
          .orElse(null);
    } catch (IOException e) {
      throw new InvalidModelFile(folder + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  static void check(Path file, Findings findings) {
    Map<String, List<String>> wrong = new LinkedHashMap<>();
    Map<String, Integer> all = new HashMap<>();
    int number = 0;
    for (JsonNode row : JsonFiles.lines(file)) {
      number++;
      if (!row.path("source").isTextual()
          || !row.path("messages").isArray()
          || row.has(RENDERED) == row.has(ERROR)) {
        throw new InvalidModelFile(
            file
                + ": line "
                + number
                + " must have \"source\", \"messages\", and \"rendered\" or \"error\"");
      }
      String template = row.path("template").asText("template of line " + number);
      all.merge(template, 1, Integer::sum);
      List<String> off = wrong.computeIfAbsent(template, t -> new ArrayList<>());
      String difference = difference(row);
      if (difference != null) {
        off.add("line " + number + " " + difference);
      }
    }
    wrong.forEach(
        (template, off) -> {
          double share = (double) off.size() / all.get(template);
          String note = off.isEmpty() ? null : off.get(0);
          findings.add(new Finding(template, off.size(), share, off.isEmpty(), note));
        });
    if (wrong.isEmpty()) {
      throw new InvalidModelFile(file + ": holds no template");
    }
  }

  private static String difference(JsonNode row) {
    String expected = row.has(ERROR) ? null : row.get(RENDERED).asText();
    try {
      List<Message> messages = new ArrayList<>();
      row.get("messages").forEach(m -> messages.add(message(m)));
      Map<String, Object> variables = new HashMap<>();
      variables.put("tools", JsonFiles.plain(row.path("tools")));
      String found =
          ChatTemplate.of(
                  row.get("source").asText(),
                  row.path("bos_token").asText(),
                  row.path("eos_token").asText())
              .render(messages, row.path("add_generation_prompt").asBoolean(), variables);
      return found.equals(expected)
          ? null
          : expected == null
              ? "gives " + Findings.quoted(found) + " where the template refuses the chat"
              : "gives " + Findings.quoted(found) + ", not " + Findings.quoted(expected);
    } catch (IllegalArgumentException e) {
      return expected == null ? null : "is refused: " + e.getMessage();
    }
  }

  /** A message as JSON has it: content is a text or parts, all other fields are extra. */
  static Message message(JsonNode node) {
    Map<String, Object> extra = new LinkedHashMap<>();
    List<Part> parts = new ArrayList<>();
    node.properties()
        .forEach(
            e -> {
              if (!e.getKey().equals("role") && !e.getKey().equals(CONTENT)) {
                extra.put(e.getKey(), JsonFiles.plain(e.getValue()));
              }
            });
    for (JsonNode part : node.path(CONTENT)) {
      Map<String, Object> fields = new LinkedHashMap<>();
      part.properties()
          .forEach(
              e -> {
                if (!e.getKey().equals("type")) {
                  fields.put(e.getKey(), JsonFiles.plain(e.getValue()));
                }
              });
      parts.add(new Part(part.path("type").asText(), fields));
    }
    return new Message(node.path("role").asText(), node.path(CONTENT).textValue(), parts, extra);
  }
}
