package org.safety4j.defenses.engine.purify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.Fixtures;

class TransformsTest {
  private NDManager m;

  @BeforeEach
  void open() {
    m = Tensors.newManager();
  }

  @AfterEach
  void close() {
    m.close();
  }

  /** Left half at one level, right half at another. */
  private NDArray step(double low, double high) {
    float[] values = new float[48];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (i % 8 < 4 ? low : high);
    }
    return m.create(values, new Shape(1, 1, 6, 8));
  }

  /** Half the squared distance plus w times the variation moves a side of k columns by w / k. */
  @Test
  void totalVariationMovesTheSidesOfAStepByTheWeightOverTheirWidth() {
    TotalVariationTransform tv = new TotalVariationTransform(0.2, 1, 500, Rng.of(0));

    float[] z = tv.apply(step(0.2, 0.8)).toFloatArray();

    for (int i = 0; i < z.length; i++) {
      assertThat((double) z[i]).isCloseTo(i % 8 < 4 ? 0.25 : 0.75, within(1e-3));
    }
  }

  @Test
  void totalVariationFillsInDroppedPixelsOfAFlatImage() {
    NDArray flat = m.ones(new Shape(2, 3, 6, 8)).mul(0.3f);

    NDArray z = new TotalVariationTransform(0.03, 0.5, 400, Rng.of(1)).apply(flat);

    assertThat(z.sub(0.3f).abs().max().getFloat()).isLessThan(2e-3f);
  }

  @Test
  void droppedPixelsHaveNoInfluenceAndFollowTheSeed() {
    NDArray x = Fixtures.images(m, 1, new Shape(1, 6, 8), 0);
    NDArray y = Fixtures.images(m, 1, new Shape(1, 6, 8), 9);
    NDArray chance = Rng.of(7).uniform(m, new Shape(1, 1, 6, 8), 0, 1);
    NDArray mixed = Ops.where(chance.lt(0.5f), x, y);
    TotalVariationTransform tv = new TotalVariationTransform(0.05, 0.5, 50, Rng.of(7));

    assertThat(tv.apply(mixed).toFloatArray()).isEqualTo(tv.apply(x).toFloatArray());
    assertThat(new TotalVariationTransform(0.05, 0.5, 50, Rng.of(8)).apply(mixed).toFloatArray())
        .isNotEqualTo(tv.apply(mixed).toFloatArray());
  }

  @Test
  void bitDepthRoundsToTheNearestLevel() {
    NDArray x = m.create(new float[] {0, 0.1f, 0.2f, 0.49f, 0.51f, 1}, new Shape(1, 1, 1, 6));

    assertThat(new BitDepthTransform(2).apply(x).toFloatArray())
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(0, 0, 1 / 3f, 1 / 3f, 2 / 3f, 1);
    assertThat(new BitDepthTransform(1).apply(x).toFloatArray()).containsExactly(0, 0, 0, 0, 1, 1);
  }

  @Test
  void medianRemovesALonePixelAndPassesItsGradientToTheChosenOnes() {
    NDArray x = step(0.2, 0.8);
    float[] spoiled = x.toFloatArray();
    spoiled[8 * 2 + 1] = 1;
    MedianTransform median = new MedianTransform(3);

    assertThat(median.apply(m.create(spoiled, x.getShape())).toFloatArray())
        .isEqualTo(x.toFloatArray());
    try (var at =
        Grad.of(z -> median.standIn(z).sum(), Fixtures.images(m, 1, new Shape(1, 6, 8), 2))) {
      assertThat(at.gradient().sum().getFloat()).isCloseTo(48, within(1e-4f));
      assertThat(at.gradient().max().getFloat()).isGreaterThan(1);
    }
  }

  @Test
  void nonLocalMeansAveragesLikePatchesOnly() {
    NDArray noise = Rng.of(2).normal(m, new Shape(1, 1, 6, 8)).mul(0.02f);
    NDArray clean = step(0.2, 0.8);

    NDArray z = new NonLocalMeansTransform(5, 3, 0.06).apply(clean.add(noise));

    double before = Ops.normL2(noise).getFloat();
    double after = Ops.normL2(z.sub(clean)).getFloat();
    assertThat(after).isLessThan(0.6 * before);
    float[] flat = new NonLocalMeansTransform(5, 3, 0.06).apply(clean).toFloatArray();
    assertThat(flat).usingComparatorWithPrecision(2e-3f).containsExactly(clean.toFloatArray());
  }

  @Test
  void errorsNameFieldAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BitDepthTransform(9))
        .withMessage("bits must be in [1, 8], was 9");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TotalVariationTransform(0.1, 0, 1, Rng.of(0)))
        .withMessageContaining("keep must be in (0, 1]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NonLocalMeansTransform(4, 3, 1))
        .withMessage("window must be odd, was 4");
    NDArray small = m.zeros(new Shape(1, 1, 2, 2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MedianTransform(5).apply(small))
        .withMessageContaining("was 5 for 2");
  }
}
