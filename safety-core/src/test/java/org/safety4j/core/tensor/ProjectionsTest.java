package org.safety4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ProjectionsTest {
  private static final int D = 6;

  private enum Set {
    LINF,
    LINF_BOX,
    L2,
    L2_BOX,
    L1,
    L1_BOX;

    NDArray project(NDArray x, NDArray c, double r) {
      return switch (this) {
        case LINF -> Projections.linf(x, c, r);
        case LINF_BOX -> Projections.linfBox(x, c, r);
        case L2 -> Projections.l2(x, c, r);
        case L2_BOX -> Projections.l2Box(x, c, r);
        case L1 -> Projections.l1(x, c, r);
        case L1_BOX -> Projections.l1Box(x, c, r);
      };
    }

    boolean boxed() {
      return name().endsWith("BOX");
    }

    double norm(double[] d) {
      double sum = 0;
      for (double v : d) {
        sum =
            switch (this) {
              case LINF, LINF_BOX -> Math.max(sum, Math.abs(v));
              case L2, L2_BOX -> Math.hypot(sum, v);
              case L1, L1_BOX -> sum + Math.abs(v);
            };
      }
      return sum;
    }

    boolean holds(double[] y, double[] c, double r, double slack) {
      double[] d = new double[y.length];
      for (int i = 0; i < d.length; i++) {
        d[i] = y[i] - c[i];
        if (boxed() && (y[i] < -slack || y[i] > 1 + slack)) {
          return false;
        }
      }
      return norm(d) <= r + slack;
    }
  }

  record Problem(Set set, double[] x, double[] other, double[] center, double radius, long seed) {}

  @Provide
  Arbitrary<Problem> problems() {
    Arbitrary<double[]> points =
        Arbitraries.doubles().between(-2, 3).array(double[].class).ofSize(D);
    Arbitrary<double[]> centers =
        Arbitraries.doubles().between(0, 1).array(double[].class).ofSize(D);
    return Combinators.combine(
            Arbitraries.of(Set.values()),
            points,
            points,
            centers,
            Arbitraries.doubles().between(0.01, 2),
            Arbitraries.longs())
        .as(Problem::new);
  }

  private static double[] project(Set set, double[] x, double[] c, double r) {
    try (NDManager m = Tensors.newManager();
        Scope scope = Scope.open()) {
      float[] y = set.project(row(m, x), row(m, c), r).toFloatArray();
      double[] out = new double[y.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = y[i];
      }
      return out;
    }
  }

  private static NDArray row(NDManager m, double[] x) {
    float[] f = new float[x.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = (float) x[i];
    }
    return m.create(f, new Shape(1, x.length));
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }

  @Property(tries = 300)
  void landsInsideOnceAndForAll(@ForAll("problems") Problem p) {
    double[] y = project(p.set, p.x, p.center, p.radius);
    assertThat(p.set.holds(y, p.center, p.radius, 1e-5)).isTrue();
    assertThat(distance(project(p.set, y, p.center, p.radius), y)).isLessThan(1e-5);
  }

  @Property(tries = 300)
  void neverMovesTwoPointsApart(@ForAll("problems") Problem p) {
    double[] a = project(p.set, p.x, p.center, p.radius);
    double[] b = project(p.set, p.other, p.center, p.radius);
    assertThat(distance(a, b)).isLessThanOrEqualTo(distance(p.x, p.other) + 1e-5);
  }

  /** Brute force: no other point of the set, near or far, is closer than the projection. */
  @Property(tries = 200)
  void noOtherPointOfTheSetIsNearer(@ForAll("problems") Problem p) {
    double[] y = project(p.set, p.x, p.center, p.radius);
    double best = distance(p.x, y);
    SplittableRandom random = new SplittableRandom(p.seed);
    for (int i = 0; i < 400; i++) {
      double scale = Math.pow(10, -4 * random.nextDouble());
      double[] z = new double[D];
      for (int j = 0; j < D; j++) {
        z[j] = y[j] + scale * random.nextDouble(-1, 1);
        if (p.set.boxed()) {
          z[j] = Math.min(1, Math.max(0, z[j]));
        }
      }
      // Shrinking towards the centre stays inside the box and reaches the ball.
      double[] d = new double[D];
      for (int j = 0; j < D; j++) {
        d[j] = z[j] - p.center[j];
      }
      double shrink = Math.min(1, p.radius / Math.max(1e-12, p.set.norm(d)));
      for (int j = 0; j < D; j++) {
        z[j] = p.center[j] + shrink * d[j];
      }
      assertThat(distance(p.x, z)).isGreaterThanOrEqualTo(best - 1e-5);
    }
  }

  /** Oracle 4. */
  @Test
  void l1ProjectionSoftThresholdsExactly() {
    double[] zero = new double[3];
    assertThat(project(Set.L1, new double[] {0.8, 0.6, 0.1}, zero, 1))
        .containsExactly(new double[] {0.6, 0.4, 0}, offset(1e-6));
    assertThat(project(Set.L1, new double[] {3, 1, 0.5}, zero, 2))
        .containsExactly(new double[] {2, 0, 0}, offset(1e-6));
    assertThat(project(Set.L1, new double[] {-3, 1, 0.5}, zero, 2))
        .containsExactly(new double[] {-2, 0, 0}, offset(1e-6));
  }

  /** Oracle 4: what the box cuts off, the other coordinates may use. */
  @Test
  void boxAndBallTogetherIsNotAClampAfterAProjection() {
    double[] center = {0.9, 0.5};
    double[] x = {2.9, 1.5};
    double[] joint = project(Set.L2_BOX, x, center, 0.5);
    // The first coordinate stops at 1, the second takes the rest of the radius.
    assertThat(joint).containsExactly(new double[] {1, 0.5 + Math.sqrt(0.25 - 0.01)}, offset(1e-5));
    double[] ball = project(Set.L2, x, center, 0.5);
    assertThat(Math.min(1, ball[1])).isLessThan(joint[1] - 0.1);
    assertThat(project(Set.L1_BOX, x, center, 0.5))
        .containsExactly(new double[] {1, 0.9}, offset(1e-5));
  }

  @Test
  void radiusOfEverySampleCounts() {
    try (NDManager m = Tensors.newManager()) {
      NDArray x = m.create(new float[] {1, 0, 1, 0}, new Shape(2, 1, 1, 2));
      NDArray c = m.zeros(new Shape(2, 1, 1, 2));
      NDArray r = m.create(new float[] {0.25f, 0.5f}, new Shape(2, 1, 1, 1));
      for (NDArray y :
          new NDArray[] {
            Projections.linfBox(x, c, r), Projections.l2Box(x, c, r), Projections.l1Box(x, c, r)
          }) {
        assertThat(y.toFloatArray())
            .usingComparatorWithPrecision(1e-6f)
            .containsExactly(0.25f, 0, 0.5f, 0);
      }
    }
  }

  @Test
  void aRadiusOfZeroGivesTheCentreBack() {
    double[] center = {0.1, 0.7, 0.3};
    for (Set set : Set.values()) {
      assertThat(project(set, new double[] {1, 0, 0.5}, center, 0))
          .containsExactly(center, offset(1e-7));
    }
  }

  /** Oracle 16. */
  @Test
  void aMaskUndoesChangesBitForBit() {
    try (NDManager m = Tensors.newManager()) {
      NDArray original = Rng.of(1).uniform(m, new Shape(1, 2, 2, 2), 0, 1);
      NDArray changed = original.add(1e-3);
      NDArray mask = m.create(new float[] {1, 0, 0, 1}, new Shape(1, 1, 2, 2));
      float[] y = Projections.masked(changed, original, mask).toFloatArray();
      float[] before = original.toFloatArray();
      float[] after = changed.toFloatArray();
      for (int i = 0; i < y.length; i++) {
        assertThat(y[i]).isEqualTo(i % 4 == 0 || i % 4 == 3 ? after[i] : before[i]);
      }
    }
  }
}
