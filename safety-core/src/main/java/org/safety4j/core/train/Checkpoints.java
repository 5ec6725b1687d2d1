package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.load.SafetensorsWriter;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/**
 * Keeps a training's whole state in one file that is replaced in one step, so that a kill leaves
 * either the old state or the new one.
 */
final class Checkpoints {
  private static final String FILE = "checkpoint.safetensors";

  record Progress(List<Double> losses, long steps) {}

  private final Path folder;

  Checkpoints(Path folder) {
    this.folder = folder;
  }

  void save(Map<String, NDArray> state, String fingerprint, List<Double> losses, long steps) {
    SafetensorsWriter writer = new SafetensorsWriter();
    state.forEach(writer::put);
    StringBuilder text = new StringBuilder();
    losses.forEach(loss -> text.append(text.isEmpty() ? "" : " ").append(loss));
    writer
        .annotate("training", fingerprint)
        .annotate("losses", text.toString())
        .annotate("steps", Long.toString(steps));
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make the checkpoint folder " + folder, e);
    }
    writer.write(folder.resolve(FILE));
  }

  /** Reads the state back into live arrays, or returns empty if there is no checkpoint. */
  Optional<Progress> restore(Map<String, NDArray> state, String fingerprint) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (SafetensorsFile saved = SafetensorsFile.open(file);
        Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      String other = saved.metadata().get("training");
      if (!fingerprint.equals(other)) {
        throw new InvalidModelFile(
            file
                + " belongs to another training ("
                + other
                + ", not "
                + fingerprint
                + "); remove it or name another folder");
      }
      for (Map.Entry<String, NDArray> entry : state.entrySet()) {
        NDArray value =
            saved.require(
                entry.getKey(),
                entry.getValue().getManager(),
                entry.getValue().getShape().getShape());
        Ops.overwrite(entry.getValue(), value);
      }
      List<Double> losses = new ArrayList<>();
      for (String loss : saved.metadata().get("losses").split(" ")) {
        losses.add(Double.valueOf(loss));
      }
      return Optional.of(new Progress(losses, Long.parseLong(saved.metadata().get("steps"))));
    }
  }
}
