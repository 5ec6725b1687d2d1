package org.safety4j.bench.report;

import java.util.Locale;
import org.safety4j.bench.stats.Figure;
import org.safety4j.core.metric.Interval;

/** Numbers for people. */
final class Format {
  private Format() {}

  static String percent(double share) {
    return Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  static String points(double share) {
    return Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%+.1f", 100 * share);
  }

  static String interval(Interval interval) {
    return String.format(Locale.ROOT, "%.1f–%.1f", 100 * interval.lower(), 100 * interval.upper());
  }

  static String withInterval(Figure figure) {
    return Double.isNaN(figure.value())
        ? "–"
        : percent(figure.value()) + " [" + interval(figure.interval()) + "]";
  }

  static String seconds(double seconds) {
    if (Double.isNaN(seconds)) {
      return "–";
    }
    if (seconds < 1) {
      return String.format(Locale.ROOT, "%.2f s", seconds);
    }
    if (seconds < 90) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    return String.format(Locale.ROOT, "%d min %02d s", (int) (seconds / 60), (int) (seconds % 60));
  }

  static String number(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    if (value == Math.rint(value) && Math.abs(value) < 1e9) {
      return String.format(Locale.ROOT, "%,d", (long) value);
    }
    return String.format(Locale.ROOT, Math.abs(value) >= 100 ? "%,.0f" : "%.3g", value);
  }

  static String p(double p) {
    if (Double.isNaN(p)) {
      return "–";
    }
    return p < 0.001 ? "< 0.001" : String.format(Locale.ROOT, "%.3f", p);
  }

  /** A coordinate of a drawing. */
  static String at(double coordinate) {
    return String.format(Locale.ROOT, "%.2f", coordinate);
  }

  static String access(String access) {
    return switch (access) {
      case "WHITE_BOX" -> "white";
      case "GRAY_BOX" -> "gray";
      default -> "black";
    };
  }
}
