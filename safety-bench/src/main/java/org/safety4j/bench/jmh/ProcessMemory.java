package org.safety4j.bench.jmh;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.DoubleAccumulator;
import java.util.concurrent.locks.LockSupport;

/** What the kernel says of this process's memory. Linux only. */
final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final double KILO = 1024;
  private static final long PAUSE_NANOS = 3_000_000;

  private ProcessMemory() {}

  /** Resident memory now, in MB. */
  static double resident() {
    return megabytes("VmRSS:");
  }

  /**
   * Resident memory that is no file's, in MB: pages of mapped files are the kernel's to take back.
   */
  static double anonymous() {
    return megabytes("RssAnon:");
  }

  /** The most anonymous memory during a task, in MB, looked at every few milliseconds. */
  static double most(Runnable task) {
    AtomicBoolean done = new AtomicBoolean();
    DoubleAccumulator most = new DoubleAccumulator(Math::max, anonymous());
    Thread watcher =
        new Thread(
            () -> {
              while (!done.get()) {
                most.accumulate(anonymous());
                LockSupport.parkNanos(PAUSE_NANOS);
              }
            });
    watcher.setDaemon(true);
    watcher.start();
    try {
      task.run();
      most.accumulate(anonymous());
      return most.get();
    } finally {
      done.set(true);
    }
  }

  private static double megabytes(String field) {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(field)) {
          return Long.parseLong(line.replaceAll("\\D", "")) / KILO;
        }
      }
      return Double.NaN;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + STATUS + "; this needs Linux", e);
    }
  }
}
