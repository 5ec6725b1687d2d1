package org.safety4j.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.datasets.images.Digits;
import org.safety4j.datasets.zoo.Zoo;

class SafetyAuditTest {
  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int audit(String... args) {
    return SafetyAudit.run(
        args, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--modle x | unknown argument \"--modle\"",
        "--out | --out needs a value",
        "--count ten | --count ten: not a whole number",
        "--count 0 | --count 0: must be in [1, 1000000]",
        "--images . | --images needs --model",
        "--model pom.xml | --model needs --images",
        "--model no-such-model --images . | --model no-such-model: no such file or folder",
        "--model pom.xml --images no-such-folder | --images no-such-folder: no such folder",
        "--out pom.xml | --out pom.xml: is a file",
        "--model pom.xml --images src | no .png, .jpg or .jpeg file"
      })
  void wrongArgumentsEndWithTwoAndSayWhatIsWrong(String args, String message) {
    String[] all = (args + " --resume").split(" ");
    if (!args.contains("--out")) {
      all = (args + " --out " + folder.resolve("o")).split(" ");
    }
    assertThat(audit(all)).isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains(message).startsWith("SafetyAudit: ");
    assertThat(out.size()).isZero();
  }

  @Test
  void helpIsPrintedOnStandardOutput() {
    assertThat(audit("--help")).isZero();
    assertThat(out.toString(UTF_8)).contains("--model PATH", "--images FOLDER", "--out FOLDER");
  }

  @Test
  void ownModelOnOwnPicturesIsAuditedAndReported() throws IOException {
    Path model = folder.resolve("my-model");
    try (ImageClassifier.White vit = Zoo.digitsVit().open()) {
      Models.save(vit, model);
    }
    Path pictures = folder.resolve("pictures");
    writeDigits(pictures, 4);
    Path report = folder.resolve("report");
    int code =
        audit(
            "--model",
            model.toString(),
            "--images",
            pictures.toString(),
            "--out",
            report.toString());
    assertThat(err.toString(UTF_8)).doesNotContain("SafetyAudit:");
    assertThat(code).isZero();
    assertThat(out.toString(UTF_8)).contains("PGD", "HopSkipJump", "no defense", "of 4 images");
    assertThat(report.resolve("index.html")).content().contains("my-model", "data:image/png");
    assertThat(report.resolve("figures.jsonl")).exists();
  }

  @Test
  void pictureOfAClassThatTheModelDoesNotKnowIsNamed() throws IOException {
    Path model = folder.resolve("my-model");
    try (ImageClassifier.White vit = Zoo.digitsVit().open()) {
      Models.save(vit, model);
    }
    Path pictures = folder.resolve("pictures");
    writeDigits(pictures, 1);
    Files.move(pictures.resolve("7"), pictures.resolve("seven"));
    assertThat(
            audit(
                "--model",
                model.toString(),
                "--images",
                pictures.toString(),
                "--out",
                folder.resolve("r").toString()))
        .isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains("\"seven\" is not a class of the model");
  }

  /** Digits as picture files, one subfolder a class; the first one is put into folder 7. */
  private static void writeDigits(Path pictures, int count) throws IOException {
    try (LabeledImages digits = Digits.test().first(count).open()) {
      float[] values = digits.images().toFloatArray();
      for (int i = 0; i < count; i++) {
        BufferedImage picture = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
        for (int p = 0; p < 64; p++) {
          picture.getRaster().setSample(p % 8, p / 8, 0, Math.round(255 * values[64 * i + p]));
        }
        Path of = pictures.resolve(i == 0 ? "7" : Integer.toString(digits.labels()[i]));
        Files.createDirectories(of);
        ImageIO.write(picture, "png", of.resolve(i + ".png").toFile());
      }
    }
  }
}
