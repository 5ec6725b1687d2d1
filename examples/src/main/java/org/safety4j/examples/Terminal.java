package org.safety4j.examples;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Text of models on a terminal. */
final class Terminal {
  private Terminal() {}

  /** Standard output in UTF-8, whatever the locale says. */
  static PrintStream output() {
    return new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
  }

  /** What a model wrote, without characters that would steer the terminal. */
  static String harmless(String text) {
    return text.replaceAll("[\\p{Cntrl}&&[^\n\t]]|[\u0080-\u009f]", "");
  }
}
