package org.safety4j.core.text;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.safety4j.core.error.Require;

/**
 * One message of a conversation.
 *
 * <pre>{@code
 * List<Message> chat = List.of(Message.system("Be brief."), Message.user("What is the capital of France?"));
 * }</pre>
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant}, {@code tool} or another
 *     name that the model's template knows
 * @param content the text; null for a message without text, for instance one that only calls tools;
 *     the joined text parts where {@code parts} is not empty
 * @param parts pieces of a message that mixes text and images, in order; empty for plain text
 * @param extra further fields that the template may read, for instance {@code tool_calls} or {@code
 *     name}; plain data (text, numbers, booleans, null, lists, maps)
 */
public record Message(String role, String content, List<Part> parts, Map<String, Object> extra) {
  /**
   * Checks and copies. * @throws IllegalArgumentException if the role is empty
   *
   * @param role who speaks: {@code system}, {@code user}, {@code assistant}, {@code tool} or
   *     another name that the model's template knows
   * @param content the text; null for a message without text, for instance one that only calls
   *     tools; the joined text parts where {@code parts} is not empty
   * @param parts pieces of a message that mixes text and images, in order; empty for plain text
   * @param extra further fields that the template may read, for instance {@code tool_calls} or
   *     {@code name}; plain data (text, numbers, booleans, null, lists, maps)
   */
  public Message {
    Require.that(role != null && !role.isEmpty(), "the role of a message must not be empty");
    parts = List.copyOf(parts);
    extra = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(extra));
    if (content == null && !parts.isEmpty()) {
      content =
          parts.stream()
              .filter(p -> p.fields().get("text") instanceof String)
              .map(p -> (String) p.fields().get("text"))
              .collect(Collectors.joining());
    }
  }

  /**
   * A message of plain text.
   *
   * @param role who speaks
   * @param content the text, or null
   */
  public Message(String role, String content) {
    this(role, content, List.of(), Map.of());
  }

  /**
   * Instructions of the application.
   *
   * @param content the text
   * @return the message
   */
  public static Message system(String content) {
    return new Message("system", content);
  }

  /**
   * What the user says.
   *
   * @param content the text
   * @return the message
   */
  public static Message user(String content) {
    return new Message("user", content);
  }

  /**
   * What the user says, with images.
   *
   * @param parts the pieces in order
   * @return the message
   */
  public static Message user(List<Part> parts) {
    return new Message("user", null, parts, Map.of());
  }

  /**
   * What the model says.
   *
   * @param content the text
   * @return the message
   */
  public static Message assistant(String content) {
    return new Message("assistant", content);
  }

  /**
   * What a tool answered.
   *
   * @param content the text
   * @return the message
   */
  public static Message tool(String content) {
    return new Message("tool", content);
  }

  /**
   * The same message with other text; parts are dropped.
   *
   * @param text the text
   * @return the copy
   */
  public Message withContent(String text) {
    return new Message(role, text, List.of(), extra);
  }

  /**
   * The same message with one more field for the template.
   *
   * @param name the field
   * @param value its value, plain data
   * @return the copy
   */
  public Message with(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(extra);
    more.put(name, value);
    return new Message(role, content, parts, more);
  }

  Map<String, Object> variables() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("role", role);
    all.put("content", parts.isEmpty() ? content : parts.stream().map(Part::variables).toList());
    all.putAll(extra);
    return all;
  }
}
