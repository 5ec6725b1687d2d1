package org.safety4j.bench.jmh;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.openjdk.jmh.annotations.Warmup;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.tensor.Tensors;

/** Reading a safetensors file of 21 MB beside reading its bytes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class SafetensorsBenchmark {
  private Path file;

  /** Called by JMH. */
  public SafetensorsBenchmark() {}

  /** Writes the file. */
  @Setup(Level.Trial)
  public void write() {
    try (Vit model = VitTiny.model()) {
      file = VitTiny.folder(model).resolve("model.safetensors");
    }
  }

  /**
   * Reads the file's bytes.
   *
   * @return how many there are
   * @throws IOException if they cannot be read
   */
  @Benchmark
  public int bytes() throws IOException {
    return Files.readAllBytes(file).length;
  }

  /**
   * Opens the file and reads every tensor.
   *
   * @return how many there are
   */
  @Benchmark
  public int tensors() {
    try (SafetensorsFile tensors = SafetensorsFile.open(file);
        NDManager manager = Tensors.newManager()) {
      tensors.names().forEach(name -> tensors.read(name, manager));
      return tensors.names().size();
    }
  }
}
