package org.safety4j.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.safety4j.core.error.Require;

/**
 * An element of an HTML or SVG tree. Text and attribute values are escaped when the tree is
 * written; there is no way to put markup in as text.
 */
final class Element {
  private static final Set<String> VOID = Set.of("meta", "img", "br", "hr");
  private static final Set<String> RAW = Set.of("script", "style");

  private final String tag;
  private final Map<String, String> attributes = new LinkedHashMap<>();
  private final List<Object> children = new ArrayList<>();

  private Element(String tag) {
    Require.that(tag.matches("[a-zA-Z][a-zA-Z0-9]*"), "not a tag: " + tag);
    this.tag = tag;
  }

  static Element of(String tag) {
    Require.that(!RAW.contains(tag), tag + " elements hold text that cannot be escaped");
    return new Element(tag);
  }

  static Element of(String tag, String cssClass) {
    return of(tag).attr("class", cssClass);
  }

  static Element of(String tag, String cssClass, Object text) {
    return of(tag, cssClass).text(text);
  }

  /** A style sheet of this library's own. */
  static Element style(String css) {
    Require.that(!css.contains("<"), "a style sheet must not hold a tag");
    Element style = new Element("style");
    style.children.add(css);
    return style;
  }

  Element attr(String name, Object value) {
    Require.that(
        name.matches("[a-zA-Z][a-zA-Z0-9-]*")
            && !name.toLowerCase(java.util.Locale.ROOT).startsWith("on"),
        "not an attribute for a page without scripts: " + name);
    attributes.put(name, String.valueOf(value));
    return this;
  }

  Element text(Object text) {
    children.add(String.valueOf(text));
    return this;
  }

  Element add(Element... elements) {
    children.addAll(List.of(elements));
    return this;
  }

  Element add(List<Element> elements) {
    children.addAll(elements);
    return this;
  }

  void write(StringBuilder out) {
    out.append('<').append(tag);
    attributes.forEach(
        (name, value) ->
            out.append(' ').append(name).append("=\"").append(escape(value)).append('"'));
    out.append('>');
    if (VOID.contains(tag)) {
      return;
    }
    for (Object child : children) {
      if (child instanceof Element element) {
        element.write(out);
      } else {
        out.append(RAW.contains(tag) ? (String) child : escape((String) child));
      }
    }
    out.append("</").append(tag).append('>');
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    write(out);
    return out.toString();
  }

  /** Escapes markup and makes control characters and direction overrides visible. */
  static String escape(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                case '`' -> out.append("&#96;");
                default -> {
                  if (hidden(c)) {
                    out.append('\uFFFD');
                  } else {
                    out.appendCodePoint(c);
                  }
                }
              }
            });
    return out.toString();
  }

  private static boolean hidden(int c) {
    boolean control = c < 0x20 && c != '\n' && c != '\t' || c >= 0x7F && c < 0xA0;
    boolean direction = c >= 0x202A && c <= 0x202E || c >= 0x2066 && c <= 0x2069;
    boolean noCharacter = c >= 0xD800 && c <= 0xDFFF || (c & 0xFFFE) == 0xFFFE;
    return control || direction || noCharacter;
  }
}
