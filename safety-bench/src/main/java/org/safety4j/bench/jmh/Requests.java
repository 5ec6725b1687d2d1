package org.safety4j.bench.jmh;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Times tasks when asked, so that two sides of a comparison can take turns on a machine whose speed
 * changes: each line read names a task, each line written has its milliseconds and what it
 * answered.
 */
final class Requests {
  private final Map<String, Supplier<String>> tasks = new LinkedHashMap<>();

  Requests with(String name, Runnable task) {
    return answering(
        name,
        () -> {
          task.run();
          return "";
        });
  }

  Requests answering(String name, Supplier<String> task) {
    tasks.put(name, task);
    return this;
  }

  /** Serves until the input ends. */
  void serve(InputStream in, PrintStream out) {
    try {
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      for (String name = lines.readLine(); name != null; name = lines.readLine()) {
        Supplier<String> task = tasks.get(name);
        if (task == null) {
          throw new IllegalArgumentException("no task " + name + ", only " + tasks.keySet());
        }
        long start = System.nanoTime();
        String answer = task.get();
        double millis = (System.nanoTime() - start) / 1e6;
        out.printf(Locale.ROOT, "%.3f%s%s%n", millis, answer.isEmpty() ? "" : "\t", answer);
        out.flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
