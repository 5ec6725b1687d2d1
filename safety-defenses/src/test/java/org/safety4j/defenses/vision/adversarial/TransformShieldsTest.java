package org.safety4j.defenses.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.defense.ImageShield;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.Fixtures;
import org.safety4j.defenses.Shields;
import org.safety4j.defenses.engine.certify.LayeredNetwork;

class TransformShieldsTest {
  private NDManager m;

  @BeforeEach
  void open() {
    m = Tensors.newManager();
  }

  @AfterEach
  void close() {
    m.close();
  }

  static Stream<ImageShield.Differentiable> shields() {
    return Stream.of(
        JpegCompression.quality(60),
        JpegCompression.quality(60).withSmoothBackward(),
        BitDepth.bits(3),
        MedianSmoothing.width(2),
        TotalVariation.weight(0.03),
        Shields.stack(JpegCompression.quality(75), BitDepth.bits(4)));
  }

  /**
   * Oracle 12: a staircase has no gradient, the straight-through one restores that of the model.
   */
  @Test
  void straightThroughGradientOfAStaircaseIsTheModelsAndItsStepWorks() {
    float[] w = {3, -2, 1, 2};
    NDArray x = m.create(new float[] {0.6f, 0.4f, 0.6f, 0.6f}, new Shape(1, 1, 1, 4));
    NDArray label = Fixtures.array(m, 1);

    try (LayeredNetwork model = Fixtures.halfSpace(w, -3)) {
      ImageClassifier.White shield = BitDepth.bits(1).apply(model, Run.seed(0)).model();

      assertThat(shield.logits(x).toFloatArray()).containsExactly(0, 3);
      assertThat(shield.logits(x.add(0.05f)).toFloatArray()).containsExactly(0, 3);
      try (var at = shield.gradient(x, label, (z, y) -> Ops.pick(z, y).neg())) {
        assertThat(at.gradient().toFloatArray()).containsExactly(-3, 2, -1, -2);
      }
      NDArray moved = Fixtures.ascend(shield, x, label, Fixtures.CROSS_ENTROPY, Ball.linf(0.2), 4);
      assertThat(shield.logits(moved).toFloatArray()).containsExactly(0, 3 - 8);
    }
  }

  /** What the White view says of scores and labels is what the other rungs say. */
  @ParameterizedTest
  @MethodSource("shields")
  void allRungsAgree(ImageShield.Differentiable shield) {
    NDArray x = Fixtures.images(m, 5, new Shape(1, 8, 8), 1);

    try (LayeredNetwork model = Fixtures.convNet(1)) {
      Protected<ImageClassifier.White> white = shield.apply(model, Run.seed(4));
      ImageClassifier.Gray gray = shield.apply((ImageClassifier.Gray) model, Run.seed(4)).model();
      ImageClassifier.Black black =
          shield.apply((ImageClassifier.Black) model, Run.seed(4)).model();
      float[] logits = white.model().logits(x).toFloatArray();

      assertThat(gray.logits(x).toFloatArray()).isEqualTo(logits);
      assertThat(black.labels(x)).isEqualTo(white.model().labels(x)).isEqualTo(gray.labels(x));
      assertThat(logits).isNotEqualTo(model.logits(x).toFloatArray());
      assertThat(gray).isNotInstanceOf(ImageClassifier.White.class);
      assertThat(black).isNotInstanceOf(ImageClassifier.Gray.class);
      try (var at = white.model().linearize(x)) {
        assertThat(at.logits().toFloatArray()).isEqualTo(logits);
      }
      assertThat(white.model().features(x, "6.linear").toFloatArray())
          .usingComparatorWithPrecision(1e-4f)
          .containsExactly(logits);
      assertThat(white.adaptiveAttacks()).contains("core-pgd", "core-apgd");
      assertThat(white.model().card().name()).startsWith("core-").contains("(conv-net)");
      assertThat(shield.keeps(model)).isEqualTo(ImageClassifier.White.class);
    }
  }

  /** The adaptive attack; noise of the same size must not do it. */
  @ParameterizedTest
  @MethodSource("shields")
  void gradientsThroughTheShieldBreakIt(ImageShield.Differentiable shield) {
    NDArray x = Fixtures.images(m, 32, new Shape(1, 8, 8), 6);
    Ball ball = Ball.linf(0.15);

    try (LayeredNetwork model = Fixtures.convNet(3)) {
      ImageClassifier.White view = shield.apply(model, Run.seed(0)).model();
      int[] labels = view.labels(x);
      NDArray y = Fixtures.array(m, labels);

      NDArray signs = Fixtures.images(m, 32, new Shape(1, 8, 8), 7).sub(0.5f).sign();
      NDArray noisy = ball.project(x.add(signs.mul(0.15f)), x);
      NDArray adaptive = Fixtures.ascend(view, x, y, Fixtures.CROSS_ENTROPY, ball, 12);

      assertThat(Fixtures.accuracy(view, x, labels)).isEqualTo(1);
      assertThat(Fixtures.accuracy(view, noisy, labels)).isGreaterThan(0.5);
      assertThat(Fixtures.accuracy(view, adaptive, labels)).isLessThan(0.3);
    }
  }

  @Test
  void smallPerturbationsAreRoundedAway() {
    NDArray x = m.ones(new Shape(1, 1, 8, 8)).mul(0.5f);
    NDArray noise = Fixtures.images(m, 1, new Shape(1, 8, 8), 3).sub(0.5f).mul(0.03f);

    try (LayeredNetwork model = Fixtures.convNet(1)) {
      ImageClassifier.White jpeg = JpegCompression.quality(20).apply(model, Run.seed(0)).model();
      double bare = Ops.normL2(model.logits(x.add(noise)).sub(model.logits(x))).getFloat();
      double shielded = Ops.normL2(jpeg.logits(x.add(noise)).sub(jpeg.logits(x))).getFloat();

      assertThat(shielded).isLessThan(0.6 * bare);
    }
  }

  @Test
  void firstShieldOfAStackSeesTheInputFirst() {
    NDArray x = m.create(new float[] {0.4f, 0.4f, 0.4f, 0.9f}, new Shape(1, 1, 1, 4));
    float[] w = {0, 0, 0, 1};

    try (LayeredNetwork model = Fixtures.halfSpace(w, 0)) {
      ImageShield.Differentiable stack = Shields.stack(BitDepth.bits(1), BitDepth.bits(2));
      ImageShield.Differentiable reverse = Shields.stack(BitDepth.bits(2), BitDepth.bits(1));
      NDArray y = m.create(new float[] {0, 0, 0, 0.4f}, x.getShape());

      assertThat(stack.apply(model, Run.seed(0)).model().logits(y).toFloatArray()[1]).isZero();
      assertThat(reverse.apply(model, Run.seed(0)).model().logits(y).toFloatArray()[1]).isZero();
      NDArray z = m.create(new float[] {0, 0, 0, 0.51f}, x.getShape());
      assertThat(stack.apply(model, Run.seed(0)).model().logits(z).toFloatArray()[1])
          .isCloseTo(1, within(1e-6f));
      assertThat(stack.info().id()).isEqualTo("core-bit-depth-then-core-bit-depth");
      assertThat(stack.info().adaptiveAttacks()).doesNotHaveDuplicates().contains("core-square");
    }
  }

  @Test
  void opaqueMemberMakesAStackOpaque() {
    ImageShield opaque = new Opaque();

    try (LayeredNetwork model = Fixtures.convNet(1)) {
      ImageShield stack = Shields.stack(JpegCompression.quality(75), opaque);

      assertThat(stack.keeps(model)).isEqualTo(ImageClassifier.Gray.class);
      assertThat(stack.apply(model, Run.seed(0)).model())
          .isNotInstanceOf(ImageClassifier.White.class);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> stack.apply(model, ImageClassifier.White.class, Run.seed(0)))
          .withMessageContaining("cannot offer");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Shields.stack(new ImageShield[0]))
          .withMessage("shields must not be empty");
    }
  }

  /** A shield without gradients. */
  private static final class Opaque implements ImageShield {
    @Override
    public org.safety4j.core.method.MethodInfo info() {
      return AdversarialDefenses.BIT_DEPTH;
    }

    @Override
    public <M extends ImageClassifier.Black> Protected<M> apply(M model, Class<M> rung, Run run) {
      var transforming =
          new org.safety4j.defenses.engine.purify.Transforming(images -> images, "opaque");
      return org.safety4j.defenses.engine.Rungs.view(
          this, model, rung, transforming::black, transforming::gray, null);
    }
  }
}
