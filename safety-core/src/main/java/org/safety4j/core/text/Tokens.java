package org.safety4j.core.text;

import org.safety4j.core.error.Require;

/**
 * A text as tokens with their places.
 *
 * @param text the text
 * @param ids the tokens' ids
 * @param starts where each token starts in the text, as an index of {@link String#charAt}
 * @param ends where each token ends, exclusive; equal to the start for a token that covers nothing
 */
public record Tokens(String text, int[] ids, int[] starts, int[] ends) {
  /**
   * Checks the lengths. * @throws IllegalArgumentException if the arrays differ in length
   *
   * @param text the text
   * @param ids the tokens' ids
   * @param starts where each token starts in the text, as an index of {@link String#charAt}
   * @param ends where each token ends, exclusive; equal to the start for a token that covers
   *     nothing
   */
  public Tokens {
    Require.that(
        ids.length == starts.length && ids.length == ends.length,
        "ids, starts and ends must have one length, were "
            + ids.length
            + ", "
            + starts.length
            + ", "
            + ends.length);
  }

  /**
   * Returns the number of tokens.
   *
   * @return how many
   */
  public int count() {
    return ids.length;
  }

  /**
   * Finds the tokens that cover a stretch of the text, even in part.
   *
   * @param from where the stretch starts
   * @param to where it ends, exclusive
   * @return the first token's index and the index behind the last one; equal if there is none
   */
  public int[] covering(int from, int to) {
    int first = 0;
    while (first < ids.length && ends[first] <= from) {
      first++;
    }
    int behind = first;
    while (behind < ids.length && starts[behind] < to) {
      behind++;
    }
    return new int[] {first, behind};
  }
}
