package org.safety4j.core.nn.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.CountsTokens;
import org.safety4j.core.model.KvPrefix;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.LogitProcessor;
import org.safety4j.core.text.TokenListener;
import org.safety4j.core.text.Tokenizer;

/** What all decoders offer whatever their precision: writing and scores. */
class DecoderLm implements CausalLm.Gray, CountsTokens {
  /** Logits of one call of {@link #logProbabilities}, in numbers. */
  private static final long SCORES_AT_ONCE = 1L << 26;

  final Decoder decoder;
  final LmIdentity identity;
  final CausalLm.Hook hook;
  private final Generator generator;
  private final AtomicBoolean closed;

  DecoderLm(Decoder decoder, LmIdentity identity, CausalLm.Hook hook) {
    this.decoder = decoder;
    this.identity = identity;
    this.hook = hook;
    this.generator = new Generator(decoder, identity.tokenizer(), identity.endTokens(), hook);
    this.closed = new AtomicBoolean();
  }

  @Override
  public Tokenizer tokenizer() {
    return identity.tokenizer();
  }

  @Override
  public int contextLength() {
    return decoder.shape().context();
  }

  @Override
  public Optional<ChatTemplate> chatTemplate() {
    return identity.template();
  }

  @Override
  public int vocabularySize() {
    return decoder.shape().vocabulary();
  }

  @Override
  public List<Completion> generate(List<int[]> prompts, Decoding decoding) {
    check(prompts, decoding, 0);
    if (decoding.beams() == 1) {
      return generator.generate(prompts, decoding, LogitProcessor.NONE, null, TokenListener.SILENT);
    }
    BeamSearch search =
        new BeamSearch(decoder, identity.tokenizer(), identity.endTokens(), hook, decoding);
    return prompts.stream().map(search::search).toList();
  }

  @Override
  public List<Completion> generate(
      List<int[]> prompts, Decoding decoding, LogitProcessor processor) {
    check(prompts, decoding, 0);
    withoutBeams(decoding);
    return generator.generate(prompts, decoding, processor, null, TokenListener.SILENT);
  }

  @Override
  public List<Completion> generate(List<int[]> prompts, Decoding decoding, KvPrefix prefix) {
    Remembered own = own(prefix);
    check(prompts, decoding, own.length());
    withoutBeams(decoding);
    return generator.generate(prompts, decoding, LogitProcessor.NONE, own, TokenListener.SILENT);
  }

  @Override
  public Completion stream(int[] prompt, Decoding decoding, TokenListener listener) {
    check(List.of(prompt), decoding, 0);
    withoutBeams(decoding);
    return generator
        .generate(List.of(prompt), decoding, LogitProcessor.NONE, null, listener)
        .get(0);
  }

  @Override
  public Completion stream(
      int[] prompt, Decoding decoding, KvPrefix prefix, TokenListener listener) {
    Remembered own = own(prefix);
    check(List.of(prompt), decoding, own.length());
    withoutBeams(decoding);
    return generator.generate(List.of(prompt), decoding, LogitProcessor.NONE, own, listener).get(0);
  }

  private static void withoutBeams(Decoding decoding) {
    Require.that(
        decoding.beams() == 1,
        "beams must be 1 when tokens are told, changed or put behind a prefix, was "
            + decoding.beams());
  }

  private void check(List<int[]> prompts, Decoding decoding, int before) {
    for (int[] prompt : prompts) {
      checkRow(prompt, 1);
      long needed = (long) before + prompt.length + decoding.maxNewTokens();
      Require.that(
          needed <= contextLength(),
          "a prompt of "
              + (before + prompt.length)
              + " tokens and maxNewTokens "
              + decoding.maxNewTokens()
              + " exceed the context of "
              + contextLength()
              + " tokens; shorten one of them");
    }
  }

  private void checkRow(int[] ids, int least) {
    Require.that(
        ids.length >= least, "a row must have at least " + least + " tokens, has " + ids.length);
    Require.that(
        ids.length <= contextLength(),
        "a row of " + ids.length + " tokens exceeds the context of " + contextLength() + " tokens");
    for (int id : ids) {
      Require.that(
          id >= 0 && id < vocabularySize(),
          "token ids must be in [0, "
              + vocabularySize()
              + "), was "
              + id
              + "; are they of this model's tokenizer?");
    }
  }

  private Remembered own(KvPrefix prefix) {
    Require.that(
        prefix instanceof Remembered r && r.madeBy(decoder),
        "the prefix was remembered by another model; each model reads with its own");
    return (Remembered) prefix;
  }

  @Override
  public NDArray logits(NDArray ids, LmContext context) {
    Require.that(
        ids.getShape().dimension() == 2 && ids.getDataType() == DataType.INT64,
        "ids must be int64 [B, T], were " + ids.getDataType() + " " + ids.getShape());
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      checkIds(ids);
      NDManager around = ids.getManager();
      Reading reading = reading(around, ids.getShape(), context);
      return scope.keep(decoder.fromIds(ids, reading.padding, reading.past, reading.plan, hook));
    }
  }

  private void checkIds(NDArray ids) {
    if (ids.getShape().size() == 0) {
      return;
    }
    long least = ids.min().getLong();
    long most = ids.max().getLong();
    Require.that(
        least >= 0 && most < vocabularySize(),
        "token ids must be in [0, "
            + vocabularySize()
            + "), were in ["
            + least
            + ", "
            + most
            + "]");
  }

  record Reading(NDArray padding, NDArray past, Decoder.Plan plan) {}

  /** What a reading of {@code [B, T, ...]} needs beside the tokens; to be made inside a scope. */
  Reading reading(NDManager around, Shape shape, LmContext context) {
    int rows = Math.toIntExact(shape.get(0));
    int tokens = Math.toIntExact(shape.get(1));
    int before = context.prefix() == null ? 0 : own(context.prefix()).length();
    Require.that(
        rows >= 1 && tokens >= 1, "a batch must have rows and tokens, has the shape " + shape);
    Require.that(
        before + tokens <= contextLength(),
        "rows of "
            + (before + tokens)
            + " tokens exceed the context of "
            + contextLength()
            + " tokens");
    Require.that(
        context.last() <= tokens,
        "last must be at most the " + tokens + " tokens of a row, was " + context.last());
    long[] padding = new long[rows];
    if (context.leftPadding() != null) {
      Require.that(
          context.leftPadding().length == rows,
          "leftPadding must have one number for each of "
              + rows
              + " rows, has "
              + context.leftPadding().length);
      for (int i = 0; i < rows; i++) {
        padding[i] = context.leftPadding()[i];
        Require.that(
            padding[i] < tokens,
            "leftPadding must leave a token in each row of " + tokens + ", was " + padding[i]);
      }
    }
    NDArray past = before == 0 ? around.create(0f) : own(context.prefix()).past();
    return new Reading(
        around.create(padding), past, new Decoder.Plan(before, before, false, context.last()));
  }

  @Override
  public NDArray nextLogits(List<int[]> rows) {
    rows.forEach(r -> checkRow(r, 1));
    try (Scope scope = Scope.open()) {
      Batch batch = Batch.of(decoder.manager(), rows);
      NDArray logits =
          logits(batch.ids, LmContext.whole().withLeftPadding(batch.padding).withLast(1));
      return scope.keep(logits.squeeze(1), decoder.manager());
    }
  }

  /** Rows of different lengths, padded on the left. */
  private record Batch(NDArray ids, int[] padding) {
    static Batch of(NDManager manager, List<int[]> rows) {
      int longest = rows.stream().mapToInt(r -> r.length).max().orElse(0);
      long[] flat = new long[rows.size() * longest];
      int[] padding = new int[rows.size()];
      for (int i = 0; i < padding.length; i++) {
        int[] row = rows.get(i);
        padding[i] = longest - row.length;
        for (int k = 0; k < row.length; k++) {
          flat[i * longest + padding[i] + k] = row[k];
        }
      }
      return new Batch(manager.create(flat, new Shape(rows.size(), longest)), padding);
    }
  }

  @Override
  public List<double[]> logProbabilities(List<int[]> rows) {
    rows.forEach(r -> checkRow(r, 2));
    int longest = rows.stream().mapToInt(r -> r.length).max().orElse(1);
    int atOnce = (int) Math.max(1, SCORES_AT_ONCE / ((long) vocabularySize() * longest));
    List<double[]> all = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += atOnce) {
      all.addAll(scored(rows.subList(from, Math.min(rows.size(), from + atOnce))));
    }
    return all;
  }

  private List<double[]> scored(List<int[]> rows) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      Batch batch = Batch.of(decoder.manager(), rows);
      NDArray logits = logits(batch.ids, LmContext.whole().withLeftPadding(batch.padding));
      long t = batch.ids.getShape().get(1);
      float[] flat =
          decoder.scored(logits.get(":, :" + (t - 1)), batch.ids.get(":, 1:")).toFloatArray();
      List<double[]> all = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        int from = (int) (i * (t - 1)) + batch.padding[i];
        double[] row = new double[rows.get(i).length - 1];
        for (int k = 0; k < row.length; k++) {
          row[k] = flat[from + k];
        }
        all.add(row);
      }
      return all;
    }
  }

  @Override
  public KvPrefix remember(int[] ids) {
    checkRow(ids, 1);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDManager manager = decoder.manager();
      NDArray past = decoder.cache(manager, 1, ids.length);
      long[] wide = Arrays.stream(ids).asLongStream().toArray();
      decoder.fromIds(
          manager.create(wide, new Shape(1, wide.length)),
          manager.create(new long[1]),
          past,
          new Decoder.Plan(0, 0, true, 1),
          hook);
      return new Remembered(decoder, ids.clone(), scope.keep(past, manager));
    }
  }

  @Override
  public long tokensRead(String method, Object[] arguments) {
    long read = 0;
    if (arguments[0] instanceof List<?> rows) {
      for (Object row : rows) {
        read += row instanceof int[] ids ? ids.length : 0;
      }
    } else if (arguments[0] instanceof int[] ids) {
      read = ids.length;
    } else if (arguments[0] instanceof NDArray array && array.getShape().dimension() >= 2) {
      read = array.getShape().get(0) * array.getShape().get(1);
    }
    for (Object argument : arguments) {
      if (argument instanceof LmContext context && context.leftPadding() != null) {
        read -= Arrays.stream(context.leftPadding()).sum();
      }
    }
    return read;
  }

  @Override
  public long tokens(String method, Object[] arguments, Object answer) {
    long written = answer instanceof Completion c ? c.ids().length : 0;
    if (answer instanceof List<?> completions) {
      for (Object each : completions) {
        written += each instanceof Completion c ? c.ids().length : 0;
      }
    }
    return tokensRead(method, arguments) + written;
  }

  @Override
  public ModelCard card() {
    return identity.card();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      decoder.close();
      identity.tokenizer().close();
    }
  }

  @Override
  public String toString() {
    return card().architecture() + " " + card().name();
  }
}
