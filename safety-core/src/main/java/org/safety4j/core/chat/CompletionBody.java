package org.safety4j.core.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Checks what a service sent and cuts it down to what is used, so that LangChain4j reads nothing
 * that was not checked.
 */
final class CompletionBody {
  private static final String REMEDY =
      "check that the service speaks OpenAI's chat completions protocol";
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(64)
                          .maxNumberLength(100)
                          .maxNameLength(10_000)
                          .maxStringLength(Integer.MAX_VALUE)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private CompletionBody() {}

  /** A piece of a stream. */
  record Piece(String json, boolean finishes) {}

  /** Checks a whole reply. */
  static String whole(byte[] body) throws Failed {
    JsonNode root = object(body);
    JsonNode choice = root.path("choices").path(0);
    JsonNode message = choice.path("message");
    if (!message.isObject()) {
      throw odd("has no choices[0].message");
    }
    String finish = text(choice, "choices[0].finish_reason", "finish_reason");
    String content = content(message, "choices[0].message.content");
    if (content == null) {
      content = text(message, "choices[0].message.refusal", "refusal");
    }
    if (content == null) {
      if (!"length".equals(finish) && !"content_filter".equals(finish)) {
        throw odd("has no text in choices[0].message.content");
      }
      content = "";
    }
    ObjectNode out = MAPPER.createObjectNode();
    ObjectNode first = out.putArray("choices").addObject();
    first.put("index", 0).put("finish_reason", finish);
    first.putObject("message").put("role", "assistant").put("content", content);
    usage(root, out);
    return out.toString();
  }

  /** Checks an event of a stream. */
  static Piece piece(String data) throws Failed {
    JsonNode root = object(data.getBytes(StandardCharsets.UTF_8));
    ObjectNode out = MAPPER.createObjectNode();
    JsonNode choices = root.path("choices");
    boolean finishes = false;
    if (!choices.isMissingNode() && !choices.isNull() && !choices.isArray()) {
      throw odd("has choices that are no list");
    }
    ObjectNode first = out.putArray("choices").addObject();
    ObjectNode delta = first.put("index", 0).putObject("delta");
    if (choices.size() > 0) {
      String finish = text(choices.path(0), "choices[0].finish_reason", "finish_reason");
      finishes = finish != null;
      first.put("finish_reason", finish);
      JsonNode from = choices.path(0).path("delta");
      String content = content(from, "choices[0].delta.content");
      delta.put("content", content != null ? content : text(from, "refusal", "refusal"));
    }
    usage(root, out);
    return new Piece(out.toString(), finishes);
  }

  /** What a body that came with a bad status says, or the start of the body itself. */
  static String errorMessage(byte[] body) {
    try {
      JsonNode error = MAPPER.readTree(body).path("error");
      JsonNode message = error.isTextual() ? error : error.path("message");
      if (message.isTextual()) {
        return message.textValue();
      }
    } catch (IOException e) {
      // Not JSON, or cut off.
    }
    return new String(body, StandardCharsets.UTF_8);
  }

  private static JsonNode object(byte[] body) throws Failed {
    JsonNode root;
    try {
      root = MAPPER.readTree(body);
    } catch (JsonProcessingException e) {
      throw odd("is not valid JSON (" + e.getOriginalMessage() + ")");
    } catch (IOException e) {
      throw odd("is not valid JSON (" + e.getMessage() + ")");
    }
    if (root == null || !root.isObject()) {
      throw odd("is no JSON object");
    }
    if (root.hasNonNull("error")) {
      throw Failed.forGood("answered with an error: " + errorMessage(body), REMEDY);
    }
    return root;
  }

  private static String text(JsonNode of, String path, String field) throws Failed {
    JsonNode value = of.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isTextual()) {
      throw odd("has " + path + " of type " + value.getNodeType());
    }
    return value.textValue();
  }

  /** Text, or a list of text parts as some services send it. */
  private static String content(JsonNode of, String path) throws Failed {
    JsonNode value = of.path("content");
    if (!value.isArray()) {
      return text(of, path, "content");
    }
    StringBuilder joined = new StringBuilder();
    for (JsonNode part : value) {
      String text = text(part, path + "[].text", "text");
      joined.append(text == null ? "" : text);
    }
    return joined.toString();
  }

  private static void usage(JsonNode root, ObjectNode out) throws Failed {
    JsonNode usage = root.path("usage");
    if (usage.isMissingNode() || usage.isNull()) {
      return;
    }
    if (!usage.isObject()) {
      throw odd("has usage of type " + usage.getNodeType());
    }
    out.putObject("usage")
        .put("prompt_tokens", count(usage, "prompt_tokens"))
        .put("completion_tokens", count(usage, "completion_tokens"));
  }

  private static int count(JsonNode usage, String field) throws Failed {
    JsonNode value = usage.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return 0;
    }
    if (!value.canConvertToInt() || !value.canConvertToExactIntegral() || value.intValue() < 0) {
      throw odd("has usage." + field + " that is no count of tokens");
    }
    return value.intValue();
  }

  private static Failed odd(String what) {
    return Failed.forGood("answered with a body that " + what, REMEDY);
  }
}
