package org.safety4j.core.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Turns text into the token ids of a model and back.
 *
 * <p>Text is never truncated and never padded. There are three ways to encode, which differ in what
 * they do about special tokens (such as {@code <|im_end|>} or {@code [SEP]}):
 *
 * <ul>
 *   <li>{@link #encode} recognises special tokens that the text spells out and adds none: for
 *       rendered chat templates;
 *   <li>{@link #encodeFull} also adds what the model expects around a text, such as {@code <s>} or
 *       {@code [CLS]};
 *   <li>{@link #encodePlain} reads a spelled-out special token as ordinary characters: for text of
 *       unknown origin that must not be able to end a turn.
 * </ul>
 *
 * <pre>{@code
 * int[] ids = tokenizer.encode("<|im_start|>user\nHi<|im_end|>\n");
 * tokenizer.decode(ids);
 * tokenizer.survives(suffixIds);        // would the ids come back if their text were encoded again?
 * }</pre>
 *
 * <p>Implementations are safe for many threads. The owner closes the tokenizer.
 */
public interface Tokenizer extends AutoCloseable {
  /**
   * Encodes text; special tokens that it spells out are recognised, none is added.
   *
   * @param text any text
   * @return its ids
   */
  int[] encode(String text);

  /**
   * Encodes text and adds the special tokens that the model expects around it.
   *
   * @param text any text
   * @return its ids
   */
  int[] encodeFull(String text);

  /**
   * Encodes text as ordinary characters, even where it spells out a special token.
   *
   * @param text any text
   * @return its ids, none of them a special token
   */
  int[] encodePlain(String text);

  /**
   * Encodes like {@link #encode} and tells which characters each token covers.
   *
   * @param text any text
   * @return tokens with their places in the text
   */
  Tokens tokenize(String text);

  /**
   * Encodes many texts like {@link #encode}.
   *
   * @param texts any texts
   * @return ids in the order of the texts
   */
  List<int[]> encodeAll(List<String> texts);

  /**
   * Decodes ids, special tokens included as they are spelled.
   *
   * @param ids token ids
   * @return the text; bytes that are not UTF-8 become U+FFFD
   * @throws IllegalArgumentException if an id is not in the vocabulary
   */
  String decode(int... ids);

  /**
   * Decodes ids without special tokens.
   *
   * @param ids token ids
   * @return the text; bytes that are not UTF-8 become U+FFFD
   * @throws IllegalArgumentException if an id is not in the vocabulary
   */
  String decodePlain(int... ids);

  /**
   * Decodes many rows like {@link #decode}.
   *
   * @param rows token ids
   * @return texts in the order of the rows
   * @throws IllegalArgumentException if an id is not in the vocabulary
   */
  List<String> decodeAll(List<int[]> rows);

  /**
   * Returns the size of the vocabulary.
   *
   * @return one more than the largest id
   */
  int size();

  /**
   * Returns how a token is written in the vocabulary, for instance {@code \u0120the}.
   *
   * @param id its id
   * @return its spelling
   * @throws IllegalArgumentException if there is no such id
   */
  String token(int id);

  /**
   * Finds a token by its spelling in the vocabulary.
   *
   * @param token the spelling
   * @return its id, or empty if there is none
   */
  OptionalInt id(String token);

  /**
   * Tells whether a token is special: it stands for no text.
   *
   * @param id its id
   * @return true if it is
   */
  boolean isSpecial(int id);

  /**
   * Returns the special tokens by the role they play.
   *
   * @return the roles
   */
  SpecialTokens special();

  /** Frees native memory. Closing twice does nothing. */
  @Override
  void close();

  /**
   * Tells whether ids survive the way through text: whether encoding their text gives the same ids
   * again. What does not survive cannot be sent to a model as text.
   *
   * @param ids token ids
   * @return true if they come back unchanged
   */
  default boolean survives(int... ids) {
    return Arrays.equals(encode(decode(ids)), ids);
  }

  /**
   * Tells of each row whether it survives the way through text, see {@link #survives}.
   *
   * @param rows token ids
   * @return one flag a row
   */
  default boolean[] surviving(List<int[]> rows) {
    List<int[]> back = encodeAll(decodeAll(rows));
    boolean[] same = new boolean[rows.size()];
    for (int i = 0; i < same.length; i++) {
      same[i] = Arrays.equals(back.get(i), rows.get(i));
    }
    return same;
  }

  /**
   * Counts the tokens of a text, as {@link #encode} makes them.
   *
   * @param text any text
   * @return how many
   */
  default int count(String text) {
    return encode(text).length;
  }

  /**
   * Lists the ids of all tokens that are written with printable ASCII characters alone and are not
   * special, as searches over readable suffixes use them.
   *
   * @return ids in ascending order
   */
  default int[] printableIds() {
    List<Integer> printable = new ArrayList<>();
    for (int id = 0; id < size(); id++) {
      if (isSpecial(id) || token(id).isEmpty()) {
        continue;
      }
      String text = decode(id);
      if (!text.isEmpty() && text.chars().allMatch(c -> c >= 32 && c < 127)) {
        printable.add(id);
      }
    }
    return printable.stream().mapToInt(Integer::intValue).toArray();
  }
}
