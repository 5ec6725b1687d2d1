package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nd4j.Nd4jArrays;
import org.safety4j.core.nd4j.SameDiffClassifier;
import org.safety4j.core.nn.DifferentiableClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.models.TestImages;

/** Attacks on a SameDiff graph end as they do on the same weights in the other engine. */
class SameDiffTest {
  private static final Shape IMAGE = new Shape(1, 4, 4);
  private static final int PIXELS = 16;
  private static final int HIDDEN = 12;
  private static final int CLASSES = 4;

  private final NDManager manager = Tensors.newManager();
  private final NDArray w1 = weights(1, new Shape(PIXELS, HIDDEN), 1.5 / Math.sqrt(PIXELS));
  private final NDArray w2 = weights(2, new Shape(HIDDEN, CLASSES), 1);

  @AfterEach
  void free() {
    manager.close();
  }

  private NDArray weights(long seed, Shape shape, double scale) {
    return Rng.of(seed).normal(manager, shape).mul((float) scale);
  }

  private SameDiffClassifier graph() {
    SameDiff sd = SameDiff.create();
    SDVariable in = sd.placeHolder("images", DataType.FLOAT, -1, 1, 4, 4);
    SDVariable centred = in.reshape(-1, PIXELS).sub(0.5);
    SDVariable hidden = sd.math().tanh(centred.mmul(sd.var("w1", Nd4jArrays.copy(w1))));
    hidden.mmul("logits", sd.var("w2", Nd4jArrays.copy(w2)));
    return SameDiffClassifier.of("mlp", sd, "images", "logits", IMAGE, CLASSES);
  }

  /** The same function in the other engine. */
  private final class Twin extends DifferentiableClassifier {
    Twin() {
      super(ModelCard.named("twin"), Tensors.newManager(), IMAGE, numbered(CLASSES));
    }

    @Override
    protected NDArray infer(NDArray images) {
      return images.reshape(-1, PIXELS).sub(0.5f).matMul(w1).tanh().matMul(w2);
    }

    @Override
    protected NDArray activations(NDArray images, int layer) {
      throw new UnsupportedOperationException();
    }

    @Override
    protected void release() {}

    @Override
    public List<String> layers() {
      return List.of();
    }
  }

  static Stream<Arguments> attacks() {
    return Stream.of(
        Arguments.of("PGD", Pgd.linf(0.04).withSteps(10)),
        Arguments.of("APGD", Apgd.linf(0.04).withSteps(15)),
        Arguments.of("C&W", CarliniWagner.l2().withSearchSteps(3).withSteps(40)),
        Arguments.of("Square", Square.linf(0.04).withQueries(100)),
        Arguments.of("DeepFool", DeepFool.l2()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("attacks")
  void attackEndsAlikeInBothEngines(
      String name, EvasionAttack<? super ImageClassifier.White> attack) {
    try (SameDiffClassifier graph = graph();
        ImageClassifier.White twin = new Twin();
        LabeledImages images = TestImages.labelledBy(twin, 16, 3);
        EvasionResult there = attack.run(graph, images, Run.seed(0));
        EvasionResult here = attack.run(twin, images, Run.seed(0))) {
      assertThat(graph.labels(images.images())).isEqualTo(images.labels());
      assertThat(here.successRate().successes()).isGreaterThan(3);
      assertThat(there.successes()).isEqualTo(here.successes());
      assertThat(there.queries()).isEqualTo(here.queries());
      // Signs of entries near zero may differ between engines, and with them a step.
      assertThat(mean(there.distances())).isCloseTo(mean(here.distances()), within(1e-3));
      float[] a = there.adversarials().toFloatArray();
      float[] b = here.adversarials().toFloatArray();
      int apart = 0;
      for (int i = 0; i < a.length; i++) {
        apart += Math.abs(a[i] - b[i]) > 1e-3 ? 1 : 0;
      }
      assertThat(apart).isLessThanOrEqualTo(a.length / 100);
    }
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  static Stream<Arguments> queryAttacks() {
    return Stream.of(
        Arguments.of("Square Linf", Square.linf(0.15).withQueries(300)),
        Arguments.of("Square L2", Square.l2(0.8).withQueries(300)),
        Arguments.of("SimBA", Simba.pixel().withQueries(400)),
        Arguments.of("SimBA DCT", Simba.dct().withQueries(400)),
        Arguments.of("NES", Nes.linf(0.15).withQueries(600)),
        Arguments.of("SPSA", Spsa.linf(0.15).withQueries(600)),
        Arguments.of("Sparse-RS pixels", SparseRs.pixels(4).withQueries(300)),
        Arguments.of("Boundary Attack", BoundaryAttack.l2().withQueries(600)),
        Arguments.of("HopSkipJump", HopSkipJump.l2().withQueries(600)),
        Arguments.of("HopSkipJump Linf", HopSkipJump.linf().withQueries(600)));
  }

  /** Any function that scores images is enough for every attack by queries. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("queryAttacks")
  void functionOfFiveLinesIsAttacked(
      String name, EvasionAttack<? super ImageClassifier.Gray> attack) {
    try (ImageClassifier.White twin = new Twin();
        LabeledImages images = TestImages.labelledBy(twin, 8, 3)) {
      ImageClassifier.Gray remote =
          ImageClassifier.gray(
              CLASSES,
              batch -> {
                float[] flat = twin.logits(batch).toFloatArray();
                float[][] rows = new float[flat.length / CLASSES][CLASSES];
                for (int i = 0; i < flat.length; i++) {
                  rows[i / CLASSES][i % CLASSES] = flat[i];
                }
                return rows;
              });
      try (EvasionResult result = attack.run(remote, images, Run.seed(0));
          EvasionResult direct = attack.run(twin, images, Run.seed(0))) {
        assertThat(result.successRate().successes()).isGreaterThan(1);
        assertThat(result.successes()).isEqualTo(direct.successes());
        assertThat(result.queries()).isEqualTo(direct.queries());
      }
    }
  }

  @Test
  void everyQueryAttackOfTheCatalogueIsTried() {
    List<String> ids =
        queryAttacks()
            .map(a -> ((EvasionAttack<?>) a.get()[1]).info().id())
            .distinct()
            .sorted()
            .toList();
    List<String> known =
        VisionAttacks.entries().stream()
            .map(e -> e.create().get())
            .filter(m -> m instanceof EvasionAttack.Gray || m instanceof EvasionAttack.Black)
            .map(m -> m.info().id())
            .sorted()
            .toList();
    assertThat(ids).isEqualTo(known);
  }
}
