package org.safety4j.examples.check;

import java.util.Locale;

/**
 * How near a model's output is to the reference's.
 *
 * @param output its name
 * @param absolute the largest error; NaN where nothing could be compared
 * @param relative the largest error divided by the largest value that was expected
 * @param ok whether that is within the tolerance
 * @param note what is to be said about it in words, or null
 */
public record Finding(String output, double absolute, double relative, boolean ok, String note) {
  /** What stands in the place of an error that was not measured. */
  private static final String NONE = "-";

  /** Something that was seen and needs no number. */
  static Finding seen(String what) {
    return new Finding(what, Double.NaN, Double.NaN, true, null);
  }

  /** Something that could not be compared. */
  static Finding failed(String output, String why) {
    return new Finding(output, Double.NaN, Double.NaN, false, why);
  }

  /** The worse of two findings about one output. */
  Finding worse(Finding other) {
    return new Finding(
        output,
        worse(absolute, other.absolute),
        worse(relative, other.relative),
        ok && other.ok,
        note == null ? other.note : note);
  }

  private static double worse(double a, double b) {
    return Double.isNaN(a) || Double.isNaN(b) ? Double.NaN : Math.max(a, b);
  }

  /**
   * Writes the finding as fields that tabs separate.
   *
   * @return output, absolute error, relative error, {@code ok} or {@code OFF}
   */
  public String fields() {
    return String.join(
        "\t",
        output.replaceAll("\\p{Cntrl}", "?"),
        number(absolute),
        number(relative),
        ok ? "ok" : "OFF");
  }

  private static String number(double value) {
    return Double.isNaN(value) ? NONE : String.format(Locale.ROOT, "%.2e", value);
  }
}
