package org.safety4j.datasets.zoo;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import org.safety4j.core.error.InvalidModelFile;

/**
 * What was measured when a model of the zoo was built: on the weights as they are stored, on the
 * held-out split.
 *
 * @param sha256 hash over configuration, weights and preprocessor, in this order
 * @param parameters number of trainable parameters
 * @param seed root seed of the training
 * @param epochs passes over the training split
 * @param loss mean training loss of the last epoch
 * @param seconds wall time of the training
 * @param correct held-out pictures that are classified correctly
 * @param robust held-out pictures that stay correct under PGD (Linf, {@code attackSteps} steps)
 * @param count pictures in the held-out split
 * @param epsilon radius of that attack
 * @param attackSteps steps of that attack
 */
public record ZooFigures(
    String sha256,
    long parameters,
    long seed,
    int epochs,
    double loss,
    double seconds,
    int correct,
    int robust,
    int count,
    double epsilon,
    int attackSteps) {
  /** Name of the file that holds the figures beside the weights. */
  public static final String FILE = "figures.properties";

  /**
   * Tells the share of held-out pictures that are classified correctly.
   *
   * @return the accuracy, in [0, 1]
   */
  public double accuracy() {
    return correct / (double) count;
  }

  /**
   * Tells the share of held-out pictures that stay correct under the attack.
   *
   * @return the accuracy, in [0, 1]
   */
  public double robustAccuracy() {
    return robust / (double) count;
  }

  /** The figures as a properties file, keys in a fixed order. */
  String toText() {
    return String.format(
            Locale.ROOT,
            "sha256=%s%nparameters=%d%nseed=%d%nepochs=%d%nloss=%.4f%nseconds=%.0f%ncorrect=%d%nrobust=%d%ncount=%d%n"
                + "epsilon=%s%nattackSteps=%d%n",
            sha256,
            parameters,
            seed,
            epochs,
            loss,
            seconds,
            correct,
            robust,
            count,
            epsilon,
            attackSteps)
        .replace(System.lineSeparator(), "\n");
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
  public static ZooFigures read(Path folder) {
    Path file = folder.resolve(FILE);
    try (InputStream in = Files.newInputStream(file)) {
      return read(file.toString(), in);
    } catch (IOException e) {
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  static ZooFigures read(String name, InputStream in) throws IOException {
    Properties p = new Properties();
    p.load(new InputStreamReader(in, StandardCharsets.UTF_8));
    try {
      return new ZooFigures(
          p.getProperty("sha256", ""),
          Long.parseLong(p.getProperty("parameters")),
          Long.parseLong(p.getProperty("seed")),
          Integer.parseInt(p.getProperty("epochs")),
          Double.parseDouble(p.getProperty("loss", "")),
          Double.parseDouble(p.getProperty("seconds", "")),
          Integer.parseInt(p.getProperty("correct")),
          Integer.parseInt(p.getProperty("robust")),
          Integer.parseInt(p.getProperty("count")),
          Double.parseDouble(p.getProperty("epsilon", "")),
          Integer.parseInt(p.getProperty("attackSteps")));
    } catch (NumberFormatException e) {
      throw new InvalidModelFile(
          name + ": a figure is missing or not a number: " + e.getMessage(), e);
    }
  }
}
