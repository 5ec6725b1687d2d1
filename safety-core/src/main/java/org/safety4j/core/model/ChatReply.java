package org.safety4j.core.model;

import org.safety4j.core.text.Completion;

/** What a chat says: an answer, or the refusal of a guard. */
public sealed interface ChatReply permits ChatReply.Answer, ChatReply.Refusal {
  /**
   * Returns what the user reads.
   *
   * @return the answer's text, or the guard's message
   */
  String text();

  /**
   * Returns the tokens that were read.
   *
   * @return 0 where unknown, or where nothing was read
   */
  int promptTokens();

  /**
   * Returns the tokens that were written.
   *
   * @return 0 where unknown, or where nothing was written
   */
  int tokens();

  /**
   * Tells whether a guard refused. A model that refuses in words still answers.
   *
   * @return true for {@link Refusal}
   */
  default boolean refused() {
    return this instanceof Refusal;
  }

  /**
   * The model's answer.
   *
   * @param text the text
   * @param finish why it ended
   * @param promptTokens tokens read, 0 where unknown
   * @param tokens tokens written, 0 where unknown
   */
  record Answer(String text, Completion.Finish finish, int promptTokens, int tokens)
      implements ChatReply {}

  /**
   * A guard's refusal.
   *
   * @param text what the user reads
   * @param reason why, for the operator
   * @param detector id of the method that refused
   * @param score its score, NaN if it has none
   * @param promptTokens tokens read before it refused, 0 where unknown
   * @param tokens tokens written before it refused, 0 where unknown
   */
  record Refusal(
      String text, String reason, String detector, double score, int promptTokens, int tokens)
      implements ChatReply {
    /**
     * Refuses before anything was read or written.
     *
     * @param text what the user reads
     * @param reason why, for the operator
     * @param detector id of the method that refused
     * @param score its score, NaN if it has none
     */
    public Refusal(String text, String reason, String detector, double score) {
      this(text, reason, detector, score, 0, 0);
    }
  }
}
