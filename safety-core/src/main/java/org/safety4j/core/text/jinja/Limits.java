package org.safety4j.core.text.jinja;

/** Bounds that keep a hostile template from using more than a moment and a few megabytes. */
final class Limits {
  /** Longest template, in characters; the longest known chat templates have about 30,000. */
  static final int SOURCE = 256 * 1024;

  /**
   * Most evaluation steps of one rendering; one step is a node, an element or {@link
   * #CHARS_PER_STEP} characters.
   */
  static final long STEPS = 1_000_000;

  /** Characters that may be produced for one step. */
  static final int CHARS_PER_STEP = 32;

  /** Longest text, output included, in characters. */
  static final int TEXT = 16 * 1024 * 1024;

  /** Deepest nesting of blocks, brackets and operators that the parser accepts. */
  static final int NESTING = 150;

  /** Deepest recursion of one rendering: nodes, macro calls and nested values together. */
  static final int DEPTH = 800;

  /** Longest {@code range(...)}. */
  static final int RANGE = 100_000;

  private Limits() {}
}
