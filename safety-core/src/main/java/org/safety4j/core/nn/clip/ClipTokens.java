package org.safety4j.core.nn.clip;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.text.Tokenizer;

/** Texts as CLIP reads them: begin and end around them, cut and padded. */
public final class ClipTokens {
  private final Tokenizer tokenizer;
  private final ClipTextConfig config;

  /**
   * Takes a tokenizer.
   *
   * @param tokenizer the model's tokenizer; stays the caller's
   * @param config the shape of the tower that reads the tokens
   * @throws IllegalArgumentException if the tokenizer has more tokens than the tower
   */
  public ClipTokens(Tokenizer tokenizer, ClipTextConfig config) {
    Require.that(
        tokenizer.size() <= config.vocabulary(),
        "the tokenizer has "
            + tokenizer.size()
            + " tokens, the text tower only "
            + config.vocabulary());
    this.tokenizer = tokenizer;
    this.config = config;
  }

  /**
   * Encodes a text.
   *
   * @param text any text
   * @return its ids with begin and end, at most as many as the tower has positions; a longer text
   *     loses its end, not its end token
   */
  public int[] encode(String text) {
    int[] ids = tokenizer.encodeFull(text);
    boolean framed = ids.length > 0 && tokenizer.isSpecial(ids[0]);
    int begin = framed ? ids[0] : tokenizer.special().begin().orElse(config.begin());
    int end = framed ? ids[ids.length - 1] : tokenizer.special().end().orElse(config.end());
    int inner = framed ? ids.length - 2 : ids.length;
    int kept = Math.max(0, Math.min(inner, config.positions() - 2));
    int[] out = new int[kept + 2];
    out[0] = begin;
    System.arraycopy(ids, framed ? 1 : 0, out, 1, kept);
    out[kept + 1] = end;
    return out;
  }

  /** Texts of one length, and which of their tokens are padding. */
  record Rows(long[] ids, long[] mask, int count, int length) {
    NDArray ids(NDManager manager) {
      return manager.create(ids, new Shape(count, length));
    }

    NDArray mask(NDManager manager) {
      return manager.create(mask, new Shape(count, length));
    }
  }

  /** Pads to the longest text. */
  Rows rows(List<String> texts) {
    return rows(texts, 0, paddingId());
  }

  private int paddingId() {
    return tokenizer.special().padding().orElse(config.padding());
  }

  /**
   * Encodes texts and pads them to the tower's whole length, as text-to-image models read them.
   *
   * @param texts at least one
   * @param manager what owns the result
   * @return int64 {@code [N, positions]}
   */
  public NDArray padded(List<String> texts, NDManager manager) {
    return rows(texts, config.positions(), paddingId()).ids(manager);
  }

  private Rows rows(List<String> texts, int atLeast, int padding) {
    Require.notEmpty("texts", texts);
    List<int[]> rows = new ArrayList<>();
    int length = atLeast;
    for (String text : texts) {
      int[] ids = encode(text);
      rows.add(ids);
      length = Math.max(length, ids.length);
    }
    long[] ids = new long[rows.size() * length];
    long[] mask = new long[ids.length];
    Arrays.fill(ids, padding);
    for (int r = 0; r < rows.size(); r++) {
      int[] row = rows.get(r);
      for (int i = 0; i < row.length; i++) {
        ids[r * length + i] = row[i];
        mask[r * length + i] = 1;
      }
    }
    return new Rows(ids, mask, rows.size(), length);
  }
}
