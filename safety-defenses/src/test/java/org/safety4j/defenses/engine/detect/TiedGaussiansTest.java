package org.safety4j.defenses.engine.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;
import org.apache.commons.math3.distribution.MultivariateNormalDistribution;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.random.Well19937c;
import org.apache.commons.math3.stat.StatUtils;
import org.apache.commons.math3.stat.correlation.Covariance;
import org.apache.commons.math3.stat.inference.TestUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Linalg;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class TiedGaussiansTest {
  private static final double[][] COVARIANCE = {{2, 0.6, 0}, {0.6, 1, -0.3}, {0, -0.3, 0.5}};
  private static final double[][] MEANS = {{0, 0, 0}, {4, -2, 1}};

  private NDManager m;

  @BeforeEach
  void open() {
    m = Tensors.newManager();
  }

  @AfterEach
  void close() {
    m.close();
  }

  private static double[][] draw(int n, int seed) {
    double[][] rows = new double[2 * n][];
    for (int c = 0; c < 2; c++) {
      double[][] some =
          new MultivariateNormalDistribution(new Well19937c(seed + c), MEANS[c], COVARIANCE)
              .sample(n);
      System.arraycopy(some, 0, rows, c * n, n);
    }
    return rows;
  }

  private static int[] labels(int n) {
    int[] labels = new int[2 * n];
    Arrays.fill(labels, n, 2 * n, 1);
    return labels;
  }

  private NDArray array(double[][] rows) {
    return m.create(
        Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray(),
        new Shape(rows.length, rows[0].length));
  }

  /** The same estimate by Commons Math: covariances of both classes, pooled, inverted. */
  @Test
  void distanceIsThatOfThePooledCovariance() {
    double[][] rows = draw(40, 1);
    RealMatrix pooled = new Array2DRowRealMatrix(3, 3);
    double[][] means = new double[2][3];
    for (int c = 0; c < 2; c++) {
      double[][] own = Arrays.copyOfRange(rows, 40 * c, 40 * c + 40);
      pooled = pooled.add(new Covariance(own, false).getCovarianceMatrix().scalarMultiply(0.5));
      for (int j = 0; j < 3; j++) {
        int column = j;
        means[c][j] = StatUtils.mean(Arrays.stream(own).mapToDouble(r -> r[column]).toArray());
      }
    }
    RealMatrix inverse = new LUDecomposition(pooled).getSolver().getInverse();

    TiedGaussians fitted = TiedGaussians.fit(array(rows), labels(40), 2, 0);
    double[] distances = fitted.distances(array(rows)).toDoubleArray();
    double[] nearest = fitted.of(array(rows)).toDoubleArray();

    for (int i = 0; i < rows.length; i++) {
      double least = Double.POSITIVE_INFINITY;
      for (int c = 0; c < 2; c++) {
        double[] gap = new double[3];
        for (int j = 0; j < 3; j++) {
          gap[j] = rows[i][j] - means[c][j];
        }
        double[] turned = inverse.operate(gap);
        double expected = gap[0] * turned[0] + gap[1] * turned[1] + gap[2] * turned[2];
        assertThat(distances[2 * i + c]).isCloseTo(expected, within(1e-8));
        least = Math.min(least, expected);
      }
      assertThat(nearest[i]).isCloseTo(least, within(1e-8));
    }
  }

  /** Squared distances to the own class follow a chi-squared distribution of D degrees. */
  @Test
  void distancesOfGaussianSamplesFollowChiSquared() {
    int n = 4000;
    TiedGaussians fitted = TiedGaussians.fit(array(draw(n, 1)), labels(n), 2, 0);
    double[] all = fitted.distances(array(draw(500, 77))).toDoubleArray();
    double[] own = new double[500];
    for (int i = 0; i < 500; i++) {
      own[i] = all[2 * i];
    }
    assertThat(StatUtils.mean(own)).isCloseTo(3, within(4 * Math.sqrt(6 / 500.0)));
    assertThat(TestUtils.kolmogorovSmirnovTest(new ChiSquaredDistribution(3), own))
        .isGreaterThan(0.01);
  }

  @Test
  void shrunkToTheIdentityTheDistanceIsEuclidean() {
    double[][] rows = {{0, 0}, {2, 0}, {0, 4}, {2, 4}};
    // One class around (1, 2), variances 1 and 4: their mean is 2.5.
    TiedGaussians fitted = TiedGaussians.fit(array(rows), new int[4], 1, 1);
    double[] distances = fitted.of(array(new double[][] {{1, 2}, {4, 6}})).toDoubleArray();
    assertThat(distances[0]).isCloseTo(0, within(1e-12));
    assertThat(distances[1]).isCloseTo(25 / 2.5, within(1e-12));
  }

  @Test
  void fewRowsAreRefusedUnlessTheCovarianceIsShrunk() {
    double[][] rows = Arrays.copyOf(draw(40, 1), 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TiedGaussians.fit(array(rows), new int[3], 1, 0))
        .withMessage(
            "the covariance of 3 features is singular: 3 rows of 1 classes do not span them with a"
                + " shrinkage of 0.0; give more rows or a larger shrinkage");
    double[] distances =
        TiedGaussians.fit(array(rows), new int[3], 1, 0.1).of(array(draw(5, 2))).toDoubleArray();
    assertThat(Arrays.stream(distances)).allMatch(d -> d > 0 && d < 1e6);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TiedGaussians.fit(array(rows), new int[] {0, 2, 0}, 3, 0.1))
        .withMessageContaining("class 1 has no image");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TiedGaussians.fit(array(rows), new int[3], 1, 1.5))
        .withMessageContaining("shrinkage must be in");
  }

  @Test
  void gradientMatchesFiniteDifferences() {
    TiedGaussians fitted = TiedGaussians.fit(array(draw(40, 1)), labels(40), 2, 0);
    double[] at = {1.1, -0.4, 0.3};
    double[] gradient = Grad.of(fitted::of, array(new double[][] {at})).gradient().toDoubleArray();
    for (int j = 0; j < 3; j++) {
      double[][] both = {at.clone(), at.clone()};
      both[0][j] += 1e-4;
      both[1][j] -= 1e-4;
      double[] values = fitted.of(array(both)).toDoubleArray();
      assertThat(gradient[j]).isCloseTo((values[0] - values[1]) / 2e-4, within(1e-6));
    }
  }

  @Test
  void dimensionalityOfAUniformCloudIsThatOfTheSubspace() {
    int neighbours = 20;
    for (int dimension : new int[] {1, 2, 5}) {
      NDArray points = cloud(dimension, 3000, 1, 1);
      NDArray centre = cloud(dimension, 300, 0.4, 2);
      double[] found = new NeighbourDimension(points, neighbours).of(centre).toDoubleArray();
      // k over a gamma variable of shape k - 1 and rate m has the mean m k / (k - 2), and the
      // variance of m^2 / (k - 3) or so; neighbours of neighbours overlap, hence the margin.
      double expected = dimension * neighbours / (neighbours - 2.0);
      assertThat(StatUtils.mean(found)).isCloseTo(expected, within(0.08 * expected));
    }
  }

  /** A cube around 0 of some dimensions that lies askew in seven. */
  private NDArray cloud(int dimension, int n, double width, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] inner = new double[n * dimension];
    for (int i = 0; i < inner.length; i++) {
      inner[i] = width * (random.nextDouble() - 0.5);
    }
    NDArray frame = Linalg.qr(Rng.of(3).normal(m, new Shape(7, dimension))).get(0);
    NDArray inside = m.create(inner, new Shape(n, dimension));
    return inside.matMul(Ops.float64(frame).transpose());
  }

  @Test
  void pointOfTheReferenceHasAFiniteDimensionality() {
    NDArray points = cloud(2, 50, 1, 1);
    assertThat(Arrays.stream(new NeighbourDimension(points, 5).of(points).toDoubleArray()))
        .allMatch(Double::isFinite);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NeighbourDimension(points, 50))
        .withMessageContaining("neighbours must be fewer than the points of reference");
  }

  /** Two groups of 30 and 10 positives of 40: the odds are those of the counts. */
  @Test
  void regressionFindsTheOddsOfTwoGroups() {
    double[][] rows = new double[80][1];
    boolean[] positive = new boolean[80];
    for (int i = 0; i < 80; i++) {
      rows[i][0] = i < 40 ? 5 : 7;
      positive[i] = i < 40 ? i < 10 : i < 70;
    }
    LogisticRegression fitted = LogisticRegression.fit(rows, positive, 1e-9);
    assertThat(fitted.logOdds(new double[] {5})).isCloseTo(-Math.log(3), within(1e-4));
    assertThat(fitted.logOdds(new double[] {7})).isCloseTo(Math.log(3), within(1e-4));
    assertThat(fitted.weights()[0]).isCloseTo(Math.log(3), within(1e-4));
    assertThat(Math.abs(LogisticRegression.fit(rows, positive, 10).weights()[0]))
        .isLessThan(Math.log(3) * 0.9);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LogisticRegression.fit(rows, new boolean[80], 1))
        .withMessageContaining("both sides must have samples");
  }

  @Test
  void separableSidesGiveFiniteWeights() {
    double[][] rows = {{1, 0}, {2, 1}, {3, 0}, {4, 1}};
    LogisticRegression fitted =
        LogisticRegression.fit(rows, new boolean[] {false, false, true, true}, 1);
    assertThat(fitted.logOdds(rows[1])).isNegative();
    assertThat(fitted.logOdds(rows[2])).isPositive();
    assertThat(fitted.intercept()).isFinite();
  }
}
