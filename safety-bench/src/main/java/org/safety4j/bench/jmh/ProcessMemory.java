package org.safety4j.bench.jmh;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel says of this process's memory. Linux only. */
final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final double KILO = 1024;

  private ProcessMemory() {}

  /** Resident memory now, in MB. */
  static double resident() {
    return megabytes("VmRSS:");
  }

  /** The most that was ever resident, in MB. */
  static double peak() {
    return megabytes("VmHWM:");
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
