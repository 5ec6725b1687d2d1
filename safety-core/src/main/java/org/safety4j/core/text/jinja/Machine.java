package org.safety4j.core.text.jinja;

import java.time.Clock;
import org.safety4j.core.error.InvalidModelFile;

/** One rendering: its clock, the line it is at, and what it has used of its bounds. */
final class Machine {
  final Clock clock;
  private final String what;
  private long steps;
  private int depth;
  private int line = 1;

  Machine(String what, Clock clock) {
    this.what = what;
    this.clock = clock;
  }

  void at(int newLine) {
    line = newLine;
    step(1);
  }

  void step(long count) {
    steps += count;
    if (steps > Limits.STEPS) {
      throw limit(
          "the template takes more than "
              + Limits.STEPS
              + " steps; it loops too long or builds too much");
    }
  }

  void enter() {
    if (++depth > Limits.DEPTH) {
      throw limit("recursion is deeper than " + Limits.DEPTH + " levels");
    }
  }

  void exit() {
    depth--;
  }

  /** Accounts for text of a given length before it is made. */
  void text(long length) {
    if (length > Limits.TEXT) {
      throw limit("a text would have " + length + " characters, more than " + Limits.TEXT);
    }
    step(1 + length / Limits.CHARS_PER_STEP);
  }

  String made(String text) {
    text(text.length());
    return text;
  }

  void append(StringBuilder out, String text) {
    if ((long) out.length() + text.length() > Limits.TEXT) {
      throw limit("the output is longer than " + Limits.TEXT + " characters");
    }
    step(1 + text.length() / Limits.CHARS_PER_STEP);
    out.append(text);
  }

  IllegalArgumentException fail(String message) {
    return new IllegalArgumentException(where() + message);
  }

  IllegalArgumentException raised(String message) {
    return new IllegalArgumentException(
        where() + "the template refuses these messages: " + message);
  }

  private InvalidModelFile limit(String message) {
    return new InvalidModelFile(where() + message);
  }

  private String where() {
    return what + ", line " + line + ": ";
  }
}
