package org.safety4j.core.train;

import java.util.Arrays;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Tokenizer;

/**
 * A text as tokens, of which some are to be learnt: all of them, or only what the model itself is
 * to say (supervised fine-tuning with masked prompts).
 *
 * <p>Immutable as long as nobody writes into the arrays that it hands out.
 *
 * @param ids the tokens, at least 2
 * @param learnt which of them are to be learnt from those before; the first never is
 */
public record TokenSequence(int[] ids, boolean[] learnt) {
  /**
   * Copies and checks. * @throws IllegalArgumentException if the lengths differ, or nothing is to
   * be learnt
   *
   * @param ids the tokens, at least 2
   * @param learnt which of them are to be learnt from those before; the first never is
   */
  public TokenSequence {
    Require.that(
        ids.length == learnt.length,
        "learnt must have one mark for each of " + ids.length + " ids, has " + learnt.length);
    Require.that(
        ids.length >= 2, "a sequence must have at least 2 tokens to learn from, has " + ids.length);
    ids = ids.clone();
    learnt = learnt.clone();
    learnt[0] = false;
    Require.that(count(learnt) > 0, "a sequence must have a token to be learnt after its first");
  }

  private static int count(boolean[] marks) {
    int n = 0;
    for (boolean mark : marks) {
      n += mark ? 1 : 0;
    }
    return n;
  }

  /**
   * A text that is learnt whole.
   *
   * @param ids its tokens, at least 2
   * @return the sequence
   */
  public static TokenSequence text(int... ids) {
    boolean[] all = new boolean[ids.length];
    Arrays.fill(all, true);
    return new TokenSequence(ids, all);
  }

  /**
   * An answer that is learnt behind a prompt that is not.
   *
   * @param prompt the prompt's tokens, at least 1
   * @param answer the answer's tokens, at least 1
   * @return the sequence
   */
  public static TokenSequence answer(int[] prompt, int[] answer) {
    int[] ids = Arrays.copyOf(prompt, prompt.length + answer.length);
    System.arraycopy(answer, 0, ids, prompt.length, answer.length);
    boolean[] learnt = new boolean[ids.length];
    Arrays.fill(learnt, prompt.length, ids.length, true);
    return new TokenSequence(ids, learnt);
  }

  /**
   * A chat of which the assistant's turns are learnt, each with the token that ends it. Turns are
   * encoded as they are when the model answers: what the template puts before an answer on its own,
   * then the answer.
   *
   * @param chat the messages, with at least one of the assistant
   * @param template how a conversation becomes text; earlier turns must look the same whatever
   *     follows
   * @param tokenizer encodes the text, special tokens included
   * @return the sequence
   * @throws IllegalArgumentException if the assistant says nothing, or the template changes earlier
   *     turns
   */
  public static TokenSequence chat(List<Message> chat, ChatTemplate template, Tokenizer tokenizer) {
    int[] ids = new int[0];
    boolean[] learnt = new boolean[0];
    String before = "";
    for (int i = 0; i < chat.size(); i++) {
      if (!chat.get(i).role().equals("assistant")) {
        continue;
      }
      String asked = template.render(chat.subList(0, i), true);
      String answered = template.render(chat.subList(0, i + 1), false);
      int[] prompt = tokenizer.encode(behind(before, asked));
      int[] answer = tokenizer.encode(behind(asked, answered));
      int from = ids.length;
      ids = joined(joined(ids, prompt), answer);
      learnt = Arrays.copyOf(learnt, ids.length);
      Arrays.fill(learnt, from + prompt.length, ids.length, true);
      before = answered;
    }
    return new TokenSequence(ids, learnt);
  }

  /** What a template wrote behind a text that it wrote before. */
  static String behind(String before, String whole) {
    Require.that(
        whole.startsWith(before),
        "the chat template writes earlier turns differently when a turn follows; "
            + "it cannot be learnt turn by turn");
    return whole.substring(before.length());
  }

  private static int[] joined(int[] a, int[] b) {
    int[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  /**
   * Repeats a token wherever it stands, such as the one that stands for an image, which takes
   * several places.
   *
   * @param id the token
   * @param times how often it is to stand at each of its places, at least 1
   * @return the longer sequence
   * @throws IllegalArgumentException if {@code times} is out of range, or the token is to be learnt
   */
  public TokenSequence repeating(int id, int times) {
    Require.atLeast("times", times, 1);
    int places = 0;
    for (int i = 0; i < ids.length; i++) {
      Require.that(
          ids[i] != id || !learnt[i], "token " + id + " must not be learnt where it is repeated");
      places += ids[i] == id ? 1 : 0;
    }
    int[] longer = new int[ids.length + places * (times - 1)];
    boolean[] marks = new boolean[longer.length];
    int at = 0;
    for (int i = 0; i < ids.length; i++) {
      int next = at + (ids[i] == id ? times : 1);
      Arrays.fill(longer, at, next, ids[i]);
      Arrays.fill(marks, at, next, learnt[i]);
      at = next;
    }
    return new TokenSequence(longer, marks);
  }

  /**
   * Returns the number of tokens.
   *
   * @return at least 2
   */
  public int length() {
    return ids.length;
  }

  /**
   * Returns how many tokens are to be learnt.
   *
   * @return at least 1
   */
  public int targets() {
    return count(learnt);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenSequence o
        && Arrays.equals(ids, o.ids)
        && Arrays.equals(learnt, o.learnt);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(ids) + Arrays.hashCode(learnt);
  }

  @Override
  public String toString() {
    return "TokenSequence[" + ids.length + " tokens, " + targets() + " to be learnt]";
  }
}
