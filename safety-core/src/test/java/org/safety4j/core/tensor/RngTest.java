package org.safety4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RngTest {
  private static final Shape ELEMENT = new Shape(1, 3, 5);
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Tensors.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void aRowDependsOnItsSampleAloneAndNotOnTheBatch() {
    Rng rng = Rng.of(1).derive("noise");
    NDArray all = rng.normal(manager, new int[] {0, 1, 2, 3}, ELEMENT);
    NDArray some = rng.normal(manager, new int[] {3, 1}, ELEMENT);
    assertThat(some.toFloatArray()).containsExactly(Ops.rows(all, 3, 1).toFloatArray());
    assertThat(Ops.rows(all, 0).toFloatArray()).isNotEqualTo(Ops.rows(all, 1).toFloatArray());
  }

  @Test
  void drawsAreTheSameOnEveryThread() throws Exception {
    float[] expected = draw();
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Callable<float[]>> tasks = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        tasks.add(this::draw);
      }
      for (Future<float[]> future : pool.invokeAll(tasks)) {
        assertThat(future.get()).containsExactly(expected);
      }
    } finally {
      pool.shutdown();
    }
  }

  private float[] draw() {
    return Rng.of(9).derive("a").derive(4).uniform(manager, ELEMENT, -1, 1).toFloatArray();
  }

  @Test
  void pathsSeedsAndIndicesGiveDifferentSequences() {
    Set<Long> seeds = new HashSet<>();
    int made = 0;
    for (int seed = 0; seed < 20; seed++) {
      Rng root = Rng.of(seed);
      for (Rng rng :
          List.of(
              root,
              root.derive("a"),
              root.derive("b"),
              root.derive("ab"),
              root.derive("a").derive("b"),
              root.derive("b").derive("a"),
              root.derive(0),
              root.derive(1),
              root.derive("a").derive(1),
              root.derive(1).derive("a"))) {
        seeds.add(rng.seed());
        made++;
      }
    }
    assertThat(seeds).hasSize(made);
  }

  @Test
  void momentsAreThoseOfTheDistributions() {
    Shape many = new Shape(200_000);
    Rng rng = Rng.of(3);
    moments(rng.uniform(manager, many, -1, 3).toFloatArray(), 1, 16 / 12.0);
    moments(rng.derive("n").normal(manager, many).toFloatArray(), 0, 1);
    float[] signs = rng.derive("s").signs(manager, many).toFloatArray();
    moments(signs, 0, 1);
    for (float s : signs) {
      assertThat(Math.abs(s)).isEqualTo(1);
    }
  }

  private static void moments(float[] values, double mean, double variance) {
    double sum = 0;
    double squares = 0;
    double lag = 0;
    for (int i = 0; i < values.length; i++) {
      double d = values[i] - mean;
      sum += d;
      squares += d * d;
      lag += i > 0 ? d * (values[i - 1] - mean) : 0;
    }
    double error = 5 * Math.sqrt(variance / values.length);
    assertThat(sum / values.length).isCloseTo(0, offset(error));
    assertThat(squares / values.length).isCloseTo(variance, offset(0.02 * variance));
    assertThat(lag / values.length).isCloseTo(0, offset(error * Math.sqrt(variance)));
  }

  @Test
  void uniformStaysInsideItsBounds() {
    for (float v : Rng.of(4).uniform(manager, new Shape(10_000), -0.25, 0.5).toFloatArray()) {
      assertThat(v).isBetween(-0.25f, 0.5f);
    }
  }

  @Test
  void permutationsHoldEveryIndexOnceAndEveryPlaceIsAsLikely() {
    int[] p = Rng.of(5).permutation(100);
    assertThat(Arrays.stream(p).distinct().count()).isEqualTo(100);
    assertThat(Arrays.stream(p).max().orElseThrow()).isEqualTo(99);
    int[] first = new int[4];
    for (int i = 0; i < 4000; i++) {
      first[Rng.of(5).derive(i).permutation(4)[0]]++;
    }
    for (int count : first) {
      assertThat(count).isBetween(860, 1140);
    }
  }
}
