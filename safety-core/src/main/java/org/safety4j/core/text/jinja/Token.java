package org.safety4j.core.text.jinja;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text its text: decoded for strings, as written otherwise
 * @param line the line it starts on, from 1
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    DATA,
    OUTPUT_BEGIN,
    OUTPUT_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean is(Kind other) {
    return kind == other;
  }

  boolean is(Kind other, String value) {
    return kind == other && text.equals(value);
  }

  boolean operator(String value) {
    return is(Kind.OPERATOR, value);
  }

  boolean name(String value) {
    return is(Kind.NAME, value);
  }

  String shown() {
    return switch (kind) {
      case END -> "end of template";
      case DATA -> "text";
      case BLOCK_BEGIN -> "'{%'";
      case BLOCK_END -> "'%}'";
      case OUTPUT_BEGIN -> "'{{'";
      case OUTPUT_END -> "'}}'";
      default -> "'" + text + "'";
    };
  }
}
