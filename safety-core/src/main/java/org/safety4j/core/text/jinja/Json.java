package org.safety4j.core.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes values as Python's {@code json.dumps} does.
 *
 * @param ascii whether other characters are escaped
 * @param indent the indentation of one level, or null for one line
 * @param comma what separates items
 * @param colon what separates a key from its value
 * @param sorted whether keys are sorted
 */
record Json(boolean ascii, String indent, String comma, String colon, boolean sorted) {
  String write(Machine m, Object value) {
    StringBuilder out = new StringBuilder();
    write(m, value, 0, out);
    return out.toString();
  }

  private void write(Machine m, Object value, int level, StringBuilder out) {
    m.enter();
    if (value == null) {
      m.append(out, "null");
    } else if (value instanceof Boolean || value instanceof Long) {
      m.append(out, value.toString());
    } else if (value instanceof Double d) {
      m.append(
          out,
          d.isNaN()
              ? "NaN"
              : d.isInfinite() ? (d > 0 ? "Infinity" : "-Infinity") : Values.number(d));
    } else if (value instanceof String s) {
      string(m, s, out);
    } else if (value instanceof List<?> list) {
      m.append(out, "[");
      boolean first = true;
      for (Object item : list) {
        separate(m, first, level + 1, out);
        write(m, item, level + 1, out);
        first = false;
      }
      close(m, first, level, "]", out);
    } else if (value instanceof Map<?, ?> map) {
      m.append(out, "{");
      boolean first = true;
      for (Map.Entry<?, ?> entry : ordered(m, map).entrySet()) {
        separate(m, first, level + 1, out);
        string(m, key(m, entry.getKey()), out);
        m.append(out, colon);
        write(m, entry.getValue(), level + 1, out);
        first = false;
      }
      close(m, first, level, "}", out);
    } else {
      throw m.fail(Values.type(value) + " cannot be written as JSON");
    }
    m.exit();
  }

  private Map<?, ?> ordered(Machine m, Map<?, ?> map) {
    if (!sorted) {
      return map;
    }
    TreeMap<Object, Object> ordered = new TreeMap<>((a, b) -> Values.compare(m, a, b));
    ordered.putAll(map);
    return ordered;
  }

  private static String key(Machine m, Object key) {
    if (key instanceof String s) {
      return s;
    }
    return key == null ? "null" : Values.text(m, key);
  }

  private void separate(Machine m, boolean first, int level, StringBuilder out) {
    if (!first) {
      m.append(out, comma);
    }
    if (indent != null) {
      m.append(out, "\n" + indent.repeat(level));
    }
  }

  private void close(Machine m, boolean empty, int level, String bracket, StringBuilder out) {
    if (indent != null && !empty) {
      m.append(out, "\n" + indent.repeat(level));
    }
    m.append(out, bracket);
  }

  private void string(Machine m, String s, StringBuilder out) {
    StringBuilder escaped = new StringBuilder(s.length() + 2).append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '"' -> escaped.append("\\\"");
        case '\\' -> escaped.append("\\\\");
        case '\n' -> escaped.append("\\n");
        case '\r' -> escaped.append("\\r");
        case '\t' -> escaped.append("\\t");
        case '\b' -> escaped.append("\\b");
        case '\f' -> escaped.append("\\f");
        default -> {
          if (c < 32 || (ascii && c > 126)) {
            escaped.append(String.format("\\u%04x", (int) c));
          } else {
            escaped.append(c);
          }
        }
      }
    }
    m.append(out, escaped.append('"').toString());
  }
}
