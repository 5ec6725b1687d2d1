package org.safety4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Runs {@code safety.jsh} in a real JShell, as the README shows. */
class JShellSessionTest {
  @Test
  void theReadmesSessionOpensAttacksAndShows() throws Exception {
    Process shell =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jshell").toString(),
                "--class-path",
                System.getProperty("java.class.path"),
                "-R-Dai.djl.offline=true",
                "-R-Djava.awt.headless=true",
                "-R-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                Path.of("safety.jsh").toString(),
                "-")
            .redirectErrorStream(true)
            .start();
    try (var in = shell.outputWriter(StandardCharsets.UTF_8)) {
      in.write("var vit = open(Zoo.digitsVit())\n");
      in.write("var images = digits(16)\n");
      in.write("var result = pgd(0.1).run(vit, images, seed(0))\n");
      in.write("System.out.println(\"RESULT \" + result)\n");
      in.write("System.out.println(\"SHEET \" + show(result, images))\n");
      in.write("/exit\n");
    }
    String output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(output)
        .doesNotContain("Error:")
        .doesNotContain("Exception")
        .containsPattern("Safety4J: \\d+ methods")
        .containsPattern(
            "RESULT [01]\\.\\d{3} \\[[01]\\.\\d{3}, [01]\\.\\d{3}] of \\d+ correctly classified images")
        .containsPattern("SHEET .*\\.png");
  }
}
