package org.safety4j.core.text;

import java.util.LinkedHashMap;
import java.util.Map;
import org.safety4j.core.error.Require;

/**
 * A piece of a message that mixes kinds, as chat templates see it.
 *
 * @param type the kind, for instance {@code text} or {@code image}
 * @param fields its further fields, for instance {@code text}; plain data
 */
public record Part(String type, Map<String, Object> fields) {
  /**
   * Checks and copies. * @throws IllegalArgumentException if the type is empty
   *
   * @param type the kind, for instance {@code text} or {@code image}
   * @param fields its further fields, for instance {@code text}; plain data
   */
  public Part {
    Require.that(type != null && !type.isEmpty(), "the type of a message part must not be empty");
    fields = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /**
   * A piece of text.
   *
   * @param text the text
   * @return the part
   */
  public static Part text(String text) {
    return new Part("text", Map.of("text", text));
  }

  /**
   * The place of an image; its pixels are passed beside the messages.
   *
   * @return the part
   */
  public static Part image() {
    return new Part("image", Map.of());
  }

  /**
   * An image with its pixels, for services.
   *
   * @param url where it is, or a data URL such as {@code data:image/png;base64,...}
   * @return the part
   */
  public static Part image(String url) {
    return new Part("image", Map.of("url", url));
  }

  Map<String, Object> variables() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("type", type);
    all.putAll(fields);
    return all;
  }
}
