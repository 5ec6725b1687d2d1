package org.safety4j.core.text;

/**
 * What a language model wrote.
 *
 * @param ids the tokens, the end token included if it was written
 * @param text their text without special tokens, up to a stop text
 * @param finish why it ended
 * @param promptTokens tokens of the prompt
 */
public record Completion(int[] ids, String text, Finish finish, int promptTokens) {
  /** Why an answer ended. */
  public enum Finish {
    /** As many tokens were written as were allowed. */
    LENGTH,
    /** The model wrote an end token. */
    END_TOKEN,
    /** A stop text was written. */
    STOP_TEXT,
    /** The listener asked for it. */
    LISTENER
  }
}
