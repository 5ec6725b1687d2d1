package org.safety4j.core.nn.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.LogitProcessor;
import org.safety4j.core.text.TokenChooser;
import org.safety4j.core.text.TokenListener;
import org.safety4j.core.text.Tokenizer;
import org.safety4j.core.text.WrittenText;

/**
 * Writes tokens: reads all prompts of a batch at once, padded on the left, then one token a row and
 * step, with keys and values in a cache that is allocated once. Rows that have ended leave the
 * batch when half of it has.
 */
final class Generator {
  /** Positions of all rows read in one call; bounds the memory of attention masks. */
  private static final int READ_AT_ONCE = 8_192;

  /** Bytes of one batch's cache; larger batches are split. */
  private static final long CACHE_BYTES = 1L << 30;

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final Set<Integer> endTokens;
  private final CausalLm.Hook hook;

  Generator(Decoder decoder, Tokenizer tokenizer, Set<Integer> endTokens, CausalLm.Hook hook) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
    this.hook = hook;
  }

  /** One row of a batch. */
  private final class Row {
    final int number;
    final int[] prompt;
    final Decoding decoding;
    final TokenChooser chooser;
    final WrittenText written;
    int[] ids;
    int count;
    Completion.Finish finish;

    Row(int number, int[] prompt, Decoding decoding) {
      this.number = number;
      this.prompt = prompt;
      this.decoding = decoding;
      this.chooser = new TokenChooser(decoding, number);
      this.written = new WrittenText(tokenizer, decoding.stop());
      this.ids = new int[Math.min(decoding.maxNewTokens(), 64)];
    }

    void add(int id, TokenListener listener) {
      if (count == ids.length) {
        ids = Arrays.copyOf(ids, Math.min(2 * count, decoding.maxNewTokens()));
      }
      ids[count++] = id;
      boolean end = decoding.stopAtEnd() && endTokens.contains(id);
      String text = id < tokenizer.size() ? written.add(id) : "";
      if (end) {
        finish = Completion.Finish.END_TOKEN;
      } else if (written.stopped()) {
        finish = Completion.Finish.STOP_TEXT;
      } else if (count == decoding.maxNewTokens()) {
        finish = Completion.Finish.LENGTH;
      }
      String rest = finish == null ? "" : written.finish();
      if (!listener.token(id, text + rest) && finish == null) {
        finish = Completion.Finish.LISTENER;
        written.finish();
      }
    }

    Completion completion() {
      return new Completion(Arrays.copyOf(ids, count), written.text(), finish, prompt.length);
    }
  }

  List<Completion> generate(
      List<int[]> prompts,
      Decoding decoding,
      LogitProcessor processor,
      Remembered prefix,
      TokenListener listener) {
    List<Row> rows = new ArrayList<>();
    for (int[] prompt : prompts) {
      rows.add(new Row(rows.size(), prompt, decoding));
    }
    int before = prefix == null ? 0 : prefix.length();
    int longest = prompts.stream().mapToInt(p -> p.length).max().orElse(0);
    long rowBytes = decoder.shape().cacheBytes() * (before + longest + decoding.maxNewTokens());
    int atOnce = (int) Math.max(1, Math.min(rows.size(), CACHE_BYTES / rowBytes));
    for (int from = 0; from < rows.size(); from += atOnce) {
      write(
          rows.subList(from, Math.min(rows.size(), from + atOnce)),
          decoding,
          processor,
          prefix,
          listener);
    }
    return rows.stream().map(Row::completion).toList();
  }

  private void write(
      List<Row> all,
      Decoding decoding,
      LogitProcessor processor,
      Remembered prefix,
      TokenListener listener) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        NDManager manager = decoder.manager().newSubManager()) {
      List<Row> rows = new ArrayList<>(all);
      int before = prefix == null ? 0 : prefix.length();
      int longest = rows.stream().mapToInt(r -> r.prompt.length).max().orElse(0);
      NDArray cache =
          decoder.cache(manager, rows.size(), before + longest + decoding.maxNewTokens() - 1);
      if (prefix != null) {
        decoder.precede(cache, prefix.past());
      }
      NDArray padding = padding(manager, rows, longest);
      int position = before + longest;
      NDArray logits = read(manager, rows, longest, padding, cache, before);
      boolean plain =
          !decoding.samples()
              && decoding.repetitionPenalty() == 1
              && processor == LogitProcessor.NONE;
      while (true) {
        int[] next = plain ? best(logits) : chosen(rows, logits, decoding, processor);
        for (int i = 0; i < next.length; i++) {
          Row row = rows.get(i);
          if (row.finish == null) {
            row.add(next[i], listener);
          }
        }
        int[] going = going(rows);
        if (going.length == 0) {
          return;
        }
        if (going.length <= rows.size() / 2) {
          cache = decoder.reordered(cache, going, position);
          rows = new ArrayList<>(Arrays.stream(going).mapToObj(rows::get).toList());
          padding = padding(manager, rows, longest);
        }
        long[] last = rows.stream().mapToLong(r -> r.ids[r.count - 1]).toArray();
        try (NDArray ids = manager.create(last, new Shape(last.length, 1))) {
          logits.close();
          logits =
              decoder.fromIds(
                  ids, padding, cache, new Decoder.Plan(position, before, true, 1), hook);
        }
        position++;
      }
    }
  }

  private static int[] going(List<Row> rows) {
    return java.util.stream.IntStream.range(0, rows.size())
        .filter(i -> rows.get(i).finish == null)
        .toArray();
  }

  private static NDArray padding(NDManager manager, List<Row> rows, int longest) {
    return manager.create(rows.stream().mapToLong(r -> longest - r.prompt.length).toArray());
  }

  /** Reads the prompts into the cache, in pieces where they are long; logits of each last token. */
  private NDArray read(
      NDManager manager, List<Row> rows, int longest, NDArray padding, NDArray cache, int before) {
    int piece = Math.max(64, READ_AT_ONCE / rows.size());
    NDArray logits = null;
    for (int from = 0; from < longest; from += piece) {
      int width = Math.min(piece, longest - from);
      long[] ids = new long[rows.size() * width];
      for (int i = 0; i < rows.size(); i++) {
        int[] prompt = rows.get(i).prompt;
        for (int k = 0; k < width; k++) {
          int at = from + k - (longest - prompt.length);
          ids[i * width + k] = at < 0 ? 0 : prompt[at];
        }
      }
      if (logits != null) {
        logits.close();
      }
      try (NDArray array = manager.create(ids, new Shape(rows.size(), width))) {
        logits =
            decoder.fromIds(
                array, padding, cache, new Decoder.Plan(before + from, before, true, 1), hook);
      }
    }
    return logits;
  }

  private static int[] best(NDArray logits) {
    try (NDArray best = logits.argMax(2)) {
      return Arrays.stream(best.toLongArray()).mapToInt(Math::toIntExact).toArray();
    }
  }

  private int[] chosen(
      List<Row> rows, NDArray logits, Decoding decoding, LogitProcessor processor) {
    int v = decoder.shape().vocabulary();
    float[] flat = logits.toFloatArray();
    int[] next = new int[rows.size()];
    for (int i = 0; i < next.length; i++) {
      Row row = rows.get(i);
      if (row.finish == null) {
        float[] scores = Arrays.copyOfRange(flat, i * v, (i + 1) * v);
        TokenChooser.penalise(decoding.repetitionPenalty(), row.prompt, row.ids, row.count, scores);
        processor.process(row.number, row.prompt, row.ids, row.count, scores);
        next[i] = row.chooser.choose(scores);
      }
    }
    return next;
  }
}
