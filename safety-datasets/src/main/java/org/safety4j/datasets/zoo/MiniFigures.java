package org.safety4j.datasets.zoo;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;

/**
 * How a small model came about, and what was measured on its weights as they are stored.
 *
 * @param sha256 hash over {@code files}, in their order
 * @param files the model's files, paths in its folder
 * @param parameters number of parameters
 * @param seed root seed of the training
 * @param epochs passes over the training split
 * @param steps updates
 * @param firstLoss mean training loss of the first epoch
 * @param lastLoss mean training loss of the last epoch
 * @param seconds wall time of the training
 * @param measured what was measured on held-out data
 */
public record MiniFigures(
    String sha256,
    List<String> files,
    long parameters,
    long seed,
    int epochs,
    long steps,
    double firstLoss,
    double lastLoss,
    double seconds,
    List<MiniFigure> measured) {
  private static final String MEASURED = "measured.";

  /**
   * Copies the lists.
   *
   * @param sha256 hash over {@code files}, in their order
   * @param files the model's files, paths in its folder
   * @param parameters number of parameters
   * @param seed root seed of the training
   * @param epochs passes over the training split
   * @param steps updates
   * @param firstLoss mean training loss of the first epoch
   * @param lastLoss mean training loss of the last epoch
   * @param seconds wall time of the training
   * @param measured what was measured on held-out data
   */
  public MiniFigures {
    files = List.copyOf(files);
    measured = List.copyOf(measured);
  }

  /**
   * Finds a figure.
   *
   * @param name its name
   * @return the figure
   * @throws IllegalArgumentException if nothing of that name was measured; the message lists near
   *     names
   */
  public MiniFigure measured(String name) {
    return measured.stream()
        .filter(f -> f.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "name: nothing called \""
                        + name
                        + "\" was measured"
                        + NearNames.hint(name, measured.stream().map(MiniFigure::name).toList())));
  }

  /** The figures as a properties file, keys in a fixed order. */
  String toText() {
    StringBuilder text = new StringBuilder();
    line(text, "sha256", sha256);
    line(text, "files", String.join(" ", files));
    line(text, "parameters", parameters);
    line(text, "seed", seed);
    line(text, "epochs", epochs);
    line(text, "steps", steps);
    line(text, "firstLoss", String.format(Locale.ROOT, "%.4f", firstLoss));
    line(text, "lastLoss", String.format(Locale.ROOT, "%.4f", lastLoss));
    line(text, "seconds", String.format(Locale.ROOT, "%.0f", seconds));
    measured.forEach(f -> line(text, MEASURED + f.name(), f.toText()));
    return text.toString();
  }

  private static void line(StringBuilder text, String key, Object value) {
    text.append(key).append('=').append(value).append('\n');
  }

  /**
   * Writes the figures beside a model's weights.
   *
   * @param folder the model's folder
   * @throws UncheckedIOException if they cannot be written
   */
  void write(Path folder) {
    try {
      Files.writeString(folder.resolve(ZooFigures.FILE), toText());
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }

  static MiniFigures read(Path folder) {
    Path file = folder.resolve(ZooFigures.FILE);
    try (InputStream in = Files.newInputStream(file)) {
      return read(file.toString(), in);
    } catch (IOException e) {
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  static MiniFigures read(String name, InputStream in) throws IOException {
    Properties p = new Properties();
    p.load(new InputStreamReader(in, StandardCharsets.UTF_8));
    try {
      List<MiniFigure> measured = new ArrayList<>();
      for (String key : p.stringPropertyNames().stream().sorted().toList()) {
        if (key.startsWith(MEASURED)) {
          measured.add(MiniFigure.parse(key.substring(MEASURED.length()), p.getProperty(key)));
        }
      }
      return new MiniFigures(
          p.getProperty("sha256", ""),
          List.of(p.getProperty("files", "").split(" ")),
          Long.parseLong(p.getProperty("parameters")),
          Long.parseLong(p.getProperty("seed")),
          Integer.parseInt(p.getProperty("epochs")),
          Long.parseLong(p.getProperty("steps")),
          Double.parseDouble(p.getProperty("firstLoss", "")),
          Double.parseDouble(p.getProperty("lastLoss", "")),
          Double.parseDouble(p.getProperty("seconds", "")),
          measured);
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(name + ": a figure is missing or damaged: " + e.getMessage(), e);
    }
  }
}
