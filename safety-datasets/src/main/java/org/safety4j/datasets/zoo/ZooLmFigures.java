package org.safety4j.datasets.zoo;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.metric.Rate;
import org.safety4j.datasets.synthetic.PotionExam;
import org.safety4j.datasets.synthetic.PotionExam.Mark;

/**
 * What was measured when a model of text of the zoo was built: on the weights as they are stored,
 * on wordings that no training has seen.
 *
 * @param sha256 hash over configuration, weights, tokenizer and its configuration, in this order
 * @param parameters number of trainable parameters
 * @param seed root seed of the training
 * @param steps updates of all stages
 * @param loss mean training loss of the last round
 * @param seconds wall time of the training, all stages
 * @param marks what the exam found
 * @param kinds right answers to the exam's benign tasks by {@linkplain PotionExam#kinds kind}
 */
public record ZooLmFigures(
    String sha256,
    long parameters,
    long seed,
    long steps,
    double loss,
    double seconds,
    Map<Mark, Rate> marks,
    Map<String, Rate> kinds) {
  /** Name of the file that holds the figures beside the weights. */
  public static final String FILE = "figures.properties";

  private static final String KIND = "answered.";

  /**
   * Copies the rates.
   *
   * @param sha256 hash over configuration, weights, tokenizer and its configuration, in this order
   * @param parameters number of trainable parameters
   * @param seed root seed of the training
   * @param steps updates of all stages
   * @param loss mean training loss of the last round
   * @param seconds wall time of the training, all stages
   * @param marks what the exam found
   * @param kinds right answers to the exam's benign tasks by {@linkplain PotionExam#kinds kind}
   */
  public ZooLmFigures {
    Map<Mark, Rate> sorted = new EnumMap<>(Mark.class);
    sorted.putAll(marks);
    marks = Collections.unmodifiableMap(sorted);
    kinds = Collections.unmodifiableMap(new TreeMap<>(kinds));
  }

  private static String key(Mark mark) {
    return mark.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The figures as a properties file, keys in a fixed order. */
  String toText() {
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "sha256=%s%nparameters=%d%nseed=%d%nsteps=%d%nloss=%.4f%nseconds=%.0f%n",
                sha256,
                parameters,
                seed,
                steps,
                loss,
                seconds));
    marks.forEach((mark, rate) -> line(text, key(mark), rate));
    kinds.forEach((kind, rate) -> line(text, KIND + kind, rate));
    return text.toString().replace(System.lineSeparator(), "\n");
  }

  private static void line(StringBuilder text, String key, Rate rate) {
    text.append(String.format(Locale.ROOT, "%s=%d of %d%n", key, rate.successes(), rate.trials()));
  }

  /**
   * Writes the figures beside a model's weights.
   *
   * @param folder the model's folder
   * @throws UncheckedIOException if they cannot be written
   */
  public void write(Path folder) {
    try {
      Files.writeString(folder.resolve(FILE), toText());
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * Reads the figures that stand beside a model's weights.
   *
   * @param folder the model's folder
   * @return the figures
   * @throws InvalidModelFile if they are missing or damaged
   */
  public static ZooLmFigures read(Path folder) {
    Path file = folder.resolve(FILE);
    try (InputStream in = Files.newInputStream(file)) {
      return read(file.toString(), in);
    } catch (IOException e) {
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The figures of a model on the class path. */
  static ZooLmFigures of(String id) {
    try (InputStream in = ZooFolder.resource(id, FILE)) {
      return read(id + "/" + FILE, in);
    } catch (IOException e) {
      throw new InvalidModelFile("zoo model " + id + ": figures cannot be read", e);
    }
  }

  static ZooLmFigures read(String name, InputStream in) throws IOException {
    Properties p = new Properties();
    p.load(new InputStreamReader(in, StandardCharsets.UTF_8));
    try {
      Map<Mark, Rate> marks = new EnumMap<>(Mark.class);
      for (Mark mark : Mark.values()) {
        long[] counts = counts(p.getProperty(key(mark)));
        if (counts != null) {
          marks.put(mark, mark.rate(counts[0], counts[1]));
        }
      }
      Map<String, Rate> kinds = new TreeMap<>();
      for (String key : p.stringPropertyNames()) {
        if (key.startsWith(KIND)) {
          long[] counts = counts(p.getProperty(key));
          kinds.put(key.substring(KIND.length()), PotionExam.rightOfKind(counts[0], counts[1]));
        }
      }
      return new ZooLmFigures(
          p.getProperty("sha256", ""),
          Long.parseLong(p.getProperty("parameters")),
          Long.parseLong(p.getProperty("seed")),
          Long.parseLong(p.getProperty("steps")),
          Double.parseDouble(p.getProperty("loss", "")),
          Double.parseDouble(p.getProperty("seconds", "")),
          marks,
          kinds);
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(
          name + ": a figure is missing or not a number: " + e.getMessage(), e);
    }
  }

  /** The numbers of {@code part of count}; null where there are none. */
  private static long[] counts(String text) {
    if (text == null) {
      return null;
    }
    String[] parts = text.split(" of ", 2);
    return new long[] {Long.parseLong(parts[0]), Long.parseLong(parts[parts.length - 1])};
  }
}
