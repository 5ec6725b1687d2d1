package org.safety4j.core.nn.lm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.KvPrefix;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.text.Decoding;

/**
 * Every language model agrees with the reference implementation on the fixtures, some of which
 * {@code make_variants.py} makes.
 */
class LmParityTest {
  private CausalLm.White lm;
  private SafetensorsFile io;
  private NDManager manager;

  /** Dynamic scaling looks at the longest row of a batch, so that rows are not alone. */
  static Stream<String> modelsThatReadRowsAlone() {
    return Stream.of(
        "gpt2",
        "gpt2-untied",
        "llama",
        "llama-linear",
        "mistral",
        "qwen2",
        "qwen2-window",
        "smollm3");
  }

  static Stream<String> models() {
    return Stream.concat(modelsThatReadRowsAlone(), Stream.of("llama-dynamic"));
  }

  private void open(String name, Runnable test) {
    try (CausalLm.White model = LanguageModels.causalLm(Fixtures.path(name));
        SafetensorsFile file = SafetensorsFile.open(Fixtures.path(name).resolve("io.safetensors"));
        NDManager owner = Tensors.newManager()) {
      lm = model;
      io = file;
      manager = owner;
      test.run();
    }
  }

  private NDArray read(String name) {
    return io.read(name, manager);
  }

  private int[][] ids() {
    NDArray ids = read("in.ids");
    long[] flat = ids.toLongArray();
    int t = (int) ids.getShape().get(1);
    int[][] rows = new int[(int) ids.getShape().get(0)][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.stream(flat, i * t, (i + 1) * t).mapToInt(Math::toIntExact).toArray();
    }
    return rows;
  }

  static double distance(NDArray a, NDArray b) {
    assertThat(a.getShape()).isEqualTo(b.getShape());
    return a.sub(b).abs().max().getFloat();
  }

  @ParameterizedTest
  @MethodSource("models")
  void logitsHiddenStatesAndGradientsAgree(String name) {
    open(
        name,
        () -> {
          NDArray embeddings = read("in.embeddings");
          assertThat(distance(lm.embed(read("in.ids")), embeddings)).isZero();
          NDArray expected = read("out.logits");
          assertThat(distance(lm.logits(read("in.ids"), LmContext.whole()), expected))
              .isLessThan(1e-4);
          assertThat(distance(lm.logitsOf(embeddings, LmContext.whole()), expected))
              .isLessThan(1e-4);
          assertThat(
                  distance(
                      lm.logits(read("in.ids"), LmContext.whole().withLast(2)),
                      expected.get(":, -2:")))
              .isLessThan(1e-4);
          try (Scope scope = Scope.open();
              GradMode mode = GradMode.on()) {
            NDArray leaf = Grad.leaf(embeddings);
            CausalLm.Trace trace = lm.trace(leaf, LmContext.whole());
            assertThat(distance(trace.logits(), expected)).isLessThan(1e-4);
            NDArray hidden = NDArrays.stack(trace.hidden());
            assertThat(distance(hidden, read("out.hidden"))).isLessThan(1e-4);
            for (NDArray map : trace.attention()) {
              assertThat(map.sum(new int[] {3}).sub(1).abs().max().getFloat()).isLessThan(1e-5f);
              assertThat(map.get(":, :, 0, 1:").abs().max().getFloat()).isZero();
            }
            NDArray gradient =
                Grad.vjps(
                        new NDList(trace.logits(), hidden),
                        List.of(leaf),
                        List.of(read("vjp.logits"), read("vjp.hidden")))
                    .get(0);
            NDArray reference = read("grad.embeddings");
            assertThat(distance(gradient, reference))
                .isLessThan(1e-3 * reference.abs().max().getFloat());
          }
        });
  }

  @ParameterizedTest
  @MethodSource("models")
  void greedyAndBeamSearchWriteTheReferencesTokens(String name) {
    open(
        name,
        () -> {
          int[] prompt = ids()[0];
          int[] greedy = lm.generate(List.of(prompt), Decoding.greedy(12).endless()).get(0).ids();
          assertThat(concat(prompt, greedy)).isEqualTo(read("out.greedy").toLongArray());
          int[] beam = lm.generate(List.of(prompt), Decoding.beams(8, 3).endless()).get(0).ids();
          assertThat(concat(prompt, beam)).isEqualTo(read("out.beam3").toLongArray());
        });
  }

  private static long[] concat(int[] a, int[] b) {
    long[] all = new long[a.length + b.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = i < a.length ? a[i] : b[i - a.length];
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("modelsThatReadRowsAlone")
  void leftPaddingIsNeitherSeenNorCounted(String name) {
    open(
        name,
        () -> {
          int[][] rows = ids();
          int[] shortened = Arrays.copyOfRange(rows[1], 3, rows[1].length);
          NDArray both = lm.nextLogits(List.of(rows[0], shortened));
          assertThat(distance(both.get(1), read("out.left_padded_last_logits"))).isLessThan(1e-4);
          assertThat(distance(both.get(0), read("out.logits").get("0, -1"))).isLessThan(1e-4);
          assertThat(distance(lm.nextLogits(List.of(shortened)).get(0), both.get(1)))
              .isLessThan(1e-4);
        });
  }

  /** Oracle 41: with and without a prefix cache, and for any batch, the same logits. */
  @ParameterizedTest
  @MethodSource("modelsThatReadRowsAlone")
  void prefixesAndBatchesChangeNothing(String name) {
    open(
        name,
        () -> {
          int[][] rows = ids();
          int cut = 4;
          int[] head = Arrays.copyOf(rows[0], cut);
          int[] tail = Arrays.copyOfRange(rows[0], cut, rows[0].length);
          int[] shorter = Arrays.copyOf(tail, tail.length - 2);
          NDArray whole = read("out.logits").get("0:1");
          try (KvPrefix prefix = lm.remember(head)) {
            assertThat(prefix.length()).isEqualTo(cut);
            NDArray behind =
                manager.create(
                    concat(tail, new int[0]), new ai.djl.ndarray.types.Shape(1, tail.length));
            LmContext context = LmContext.whole().withPrefix(prefix);
            assertThat(distance(lm.logits(behind, context), whole.get(":, " + cut + ":")))
                .isLessThan(1e-4);
            CausalLm.Trace trace = lm.trace(lm.embed(behind), context);
            assertThat(distance(trace.logits(), whole.get(":, " + cut + ":"))).isLessThan(1e-4);

            List<int[]> continued =
                lm
                    .generate(List.of(tail, shorter, tail), Decoding.greedy(6).endless(), prefix)
                    .stream()
                    .map(c -> c.ids())
                    .toList();
            int[] alone = lm.generate(List.of(rows[0]), Decoding.greedy(6).endless()).get(0).ids();
            int[] shortened = Arrays.copyOf(rows[0], rows[0].length - 2);
            int[] other =
                lm.generate(List.of(shortened), Decoding.greedy(6).endless()).get(0).ids();
            assertThat(continued.get(0)).isEqualTo(alone);
            assertThat(continued.get(1)).isEqualTo(other);
            assertThat(continued.get(2)).isEqualTo(alone);
          }
          List<int[]> batch =
              lm
                  .generate(
                      List.of(rows[0], Arrays.copyOf(rows[1], 5), rows[1]),
                      Decoding.greedy(6).endless())
                  .stream()
                  .map(c -> c.ids())
                  .toList();
          for (int i : new int[] {0, 2}) {
            int[] single =
                lm.generate(List.of(rows[i / 2]), Decoding.greedy(6).endless()).get(0).ids();
            assertThat(batch.get(i)).isEqualTo(single);
          }
        });
  }

  /** From 256 rows on, products, gates and residuals go another way. */
  @ParameterizedTest
  @MethodSource("models")
  void manyRowsAreScoredLikeFew(String name) {
    open(
        name,
        () -> {
          NDArray many = lm.logits(read("in.ids").tile(new long[] {16, 1}), LmContext.whole());
          assertThat(many.getShape().get(0)).isEqualTo(32);
          assertThat(distance(many, read("out.logits").tile(new long[] {16, 1, 1})))
              .isLessThan(1e-4);
        });
  }

  /** The fused kernel and tokens read in pieces are two other ways to the same logits. */
  @ParameterizedTest
  @ValueSource(ints = {130, 199, 256})
  void sharedKeysAreAttendedByBlocksOfQueriesAlike(int tokens) {
    open(
        "llama",
        () -> {
          NDArray ids = read("in.ids").tile(new long[] {1, 30}).get(":, :" + tokens);
          NDArray embeddings = lm.embed(ids);
          NDArray blocks = lm.logitsOf(embeddings, LmContext.whole());
          try (GradMode mode = GradMode.on()) {
            NDArray fused = lm.logitsOf(Grad.leaf(embeddings), LmContext.whole());
            assertThat(distance(Grad.detach(fused), blocks)).isLessThan(1e-4);
          }
          int half = tokens / 2;
          int[] first =
              Arrays.copyOf(ids.get("0").toType(DataType.INT32, false).toIntArray(), half);
          try (KvPrefix prefix = lm.remember(first)) {
            NDArray rest = ids.get("0:1, " + half + ":");
            NDArray pieces = lm.logits(rest, LmContext.whole().withPrefix(prefix));
            assertThat(distance(pieces, blocks.get("0:1, " + half + ":"))).isLessThan(1e-4);
          }
        });
  }

  /** The last block reads only the queries that are asked for, whatever stands before them. */
  @ParameterizedTest
  @MethodSource("modelsThatReadRowsAlone")
  void logitsOfTheLastPositionsAreThoseOfAll(String name) {
    open(
        name,
        () -> {
          int[] head = Arrays.copyOf(ids()[0], 3);
          NDArray rows = read("in.ids").get(":, 3:");
          try (KvPrefix prefix = lm.remember(head)) {
            for (LmContext context :
                List.of(
                    LmContext.whole(),
                    LmContext.whole().withLeftPadding(0, 2),
                    LmContext.whole().withPrefix(prefix),
                    LmContext.whole().withPrefix(prefix).withLeftPadding(2, 0))) {
              NDArray all = lm.logits(rows, context);
              NDArray embeddings = lm.embed(rows);
              for (int last = 1; last <= 3; last++) {
                LmContext end = context.withLast(last);
                NDArray expected = all.get(":, -" + last + ":");
                assertThat(distance(lm.logits(rows, end), expected)).isLessThan(1e-5);
                assertThat(distance(lm.logitsOf(embeddings, end), expected)).isLessThan(1e-5);
              }
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt2-untied", "llama", "mistral", "qwen2"})
  void packedWeightsStayNearFullPrecision(String name) {
    open(
        name,
        () -> {
          try (CausalLm.Gray fast = LanguageModels.causalLm(Fixtures.path(name), Precision.FAST)) {
            assertThat(fast).isNotInstanceOf(CausalLm.White.class);
            NDArray logits = fast.logits(read("in.ids"), LmContext.whole());
            double off = distance(logits, read("out.logits"));
            assertThat(off).isBetween(1e-6, 0.03);
            assertThat(fast.card().parameters()).isEqualTo(lm.card().parameters());
            int[] prompt = ids()[0];
            assertThat(fast.generate(List.of(prompt), Decoding.greedy(3).endless()).get(0).ids())
                .isEqualTo(lm.generate(List.of(prompt), Decoding.greedy(3).endless()).get(0).ids());
          }
        });
  }

  /** Dynamic scaling begins behind the positions that the model was trained with. */
  @Test
  void scaledPositionsReachAsFarAsTheirFactorAlsoOnceSaved(@TempDir Path folder) {
    open(
        "llama-dynamic",
        () -> {
          assertThat(lm.contextLength()).isEqualTo(48);
          int[] within = Arrays.copyOf(ids()[0], 6);
          NDArray logits = lm.nextLogits(List.of(within));
          try (CausalLm.White linear = LanguageModels.causalLm(Fixtures.path("llama-linear"))) {
            assertThat(linear.contextLength()).isEqualTo(48);
            LanguageModels.save(linear, folder);
          }
          try (CausalLm.White saved = LanguageModels.causalLm(folder)) {
            assertThat(saved.contextLength()).isEqualTo(48);
          }
          assertThat(distance(logits, read("out.logits").get("0, 5").expandDims(0)))
              .isGreaterThan(1e-3);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void packedModelReadsNoMemoryThatJavaHasFreed(String name) {
    open(
        name,
        () -> {
          try (CausalLm.Gray fast = LanguageModels.causalLm(Fixtures.path(name), Precision.FAST)) {
            float[] before = fast.logits(read("in.ids"), LmContext.whole()).toFloatArray();
            for (int round = 0; round < 10; round++) {
              System.gc();
              for (int size = 4; size <= 1024; size += 4) {
                ByteBuffer taken = ByteBuffer.allocateDirect(size);
                for (int i = 0; i < size; i++) {
                  taken.put(i, (byte) 0x7f);
                }
              }
            }
            assertThat(fast.logits(read("in.ids"), LmContext.whole()).toFloatArray())
                .isEqualTo(before);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void logProbabilitiesAreThoseOfTheLogits(String name) {
    open(
        name,
        () -> {
          int[][] rows = ids();
          int[] shortened = Arrays.copyOf(rows[1], 6);
          List<double[]> scores = lm.logProbabilities(List.of(rows[0], shortened));
          assertThat(scores.get(0)).hasSize(8);
          assertThat(scores.get(1)).hasSize(5);
          float[] logits = read("out.logits").get("1, 3").toFloatArray();
          double sum = 0;
          for (float z : logits) {
            sum += Math.exp(z);
          }
          assertThat(scores.get(1)[3])
              .isCloseTo(
                  logits[shortened[4]] - Math.log(sum), org.assertj.core.data.Offset.offset(1e-4));
        });
  }
}
