package org.safety4j.bench.jmh;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.defenses.engine.certify.BoundPropagation;
import org.safety4j.defenses.engine.certify.Box;
import org.safety4j.defenses.engine.certify.LayeredNetwork;

/** Interval bounds of a small convolutional network, batch 64, beside its forward pass. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class BoundsBenchmark {
  private static final Shape ELEMENT = new Shape(3, 32, 32);

  private NDManager manager;
  private LayeredNetwork network;
  private NDArray images;
  private Box box;

  /** Called by JMH. */
  public BoundsBenchmark() {}

  /** Makes network and batch. */
  @Setup(Level.Trial)
  public void open() {
    manager = Tensors.newManager();
    network =
        LayeredNetwork.builder("bounds", ELEMENT)
            .convolution(32, 3, 1, 1)
            .relu()
            .convolution(64, 4, 2, 1)
            .relu()
            .flatten()
            .linear(128)
            .relu()
            .linear(10)
            .build(Rng.of(0));
    images = Rng.of(1).uniform(manager, new Shape(64).addAll(ELEMENT), 0, 1);
    NDArray epsilon = manager.create(8 / 255f);
    box = Box.linf(images, epsilon);
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void close() {
    network.close();
    manager.close();
  }

  /** One bare forward pass. */
  @Benchmark
  public void forward() {
    network.logits(images).close();
  }

  /** Interval bounds of every layer. */
  @Benchmark
  public void intervals() {
    try (org.safety4j.core.tensor.Scope scope = org.safety4j.core.tensor.Scope.open()) {
      BoundPropagation.intervals(network, box);
    }
  }
}
