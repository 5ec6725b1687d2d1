package org.safety4j.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class CheckZooTest {
  private static final Pattern LINE =
      Pattern.compile("[a-z0-9-]+\t[a-z0-9-]+\t\\d+\\.\\d{3}\t(-|\\d\\.\\d{3})\t(ok|SHORT)");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int check(int most, String... args) {
    return CheckZoo.run(
        args, most, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
  }

  @Test
  void figuresAreMeasuredAndHeldAgainstTheirBounds() {
    assertThat(check(100, "digits-cnn", "mini-guard")).isZero();
    assertThat(out.toString(UTF_8).lines().toList())
        .hasSize(4)
        .allSatisfy(line -> assertThat(line).matches(LINE))
        .anySatisfy(line -> assertThat(line).startsWith("digits-cnn\taccuracy\t").contains("0.970"))
        .anySatisfy(line -> assertThat(line).startsWith("mini-guard\tflagged-direct\t"));
  }

  @Test
  void aWrongNameIsToldWithNearOnes() {
    assertThat(check(20, "mini-clop")).isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains("mini-clop").contains("mini-clip");
    assertThat(out.toString(UTF_8)).isEmpty();
  }
}
