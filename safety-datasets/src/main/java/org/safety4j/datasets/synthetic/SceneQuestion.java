package org.safety4j.datasets.synthetic;

/**
 * A question about a scene.
 *
 * @param kind what it asks for
 * @param text the question
 * @param answer the right answer, in lower case
 */
public record SceneQuestion(Kind kind, String text, String answer) {
  /** What a question asks for. */
  public enum Kind {
    /** The name of what is at a place. */
    WHAT,
    /** The background's colour. */
    COLOUR,
    /** How many there are. */
    COUNT,
    /** Whether an emoji is there: yes or no. */
    PRESENCE,
    /** All that is there, and on what. */
    DESCRIBE
  }
}
