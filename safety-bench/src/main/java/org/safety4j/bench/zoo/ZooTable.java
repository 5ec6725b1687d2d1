package org.safety4j.bench.zoo;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.metric.Interval;
import org.safety4j.core.metric.Rate;
import org.safety4j.datasets.zoo.MiniFigure;
import org.safety4j.datasets.zoo.MiniFigures;
import org.safety4j.datasets.zoo.MiniModel;
import org.safety4j.datasets.zoo.ZooFigures;
import org.safety4j.datasets.zoo.ZooModel;

/** Lays out the zoo's figures as a Markdown table, from what stands beside the weights. */
public final class ZooTable {
  private static final String HEAD =
      "| model | parameters | training | held-out accuracy | robust accuracy | largest class | epochs |"
          + " seconds |\n|---|---|---|---|---|---|---|---|\n";

  private static final String MINI_HEAD =
      "| model | parameters | figure | value | at least | of | epochs | seconds |\n"
          + "|---|---|---|---|---|---|---|---|\n";

  private ZooTable() {}

  /**
   * Makes the table.
   *
   * @param models the models, one a line
   * @return Markdown
   */
  public static String markdown(List<ZooModel> models) {
    return models.stream().map(ZooTable::line).collect(Collectors.joining("", HEAD, ""));
  }

  /**
   * Makes the table of the small models that have figures of their own, one line a figure.
   *
   * @param models the models
   * @return Markdown
   */
  public static String minis(List<MiniModel<?>> models) {
    StringBuilder table = new StringBuilder(MINI_HEAD);
    for (MiniModel<?> model : models) {
      MiniFigures figures = model.figures();
      for (MiniFigure f : figures.measured()) {
        table.append(
            String.format(
                Locale.ROOT,
                "| `%s` | %,d | %s | %s | %s | %,d | %d | %.0f |\n",
                model.id(),
                figures.parameters(),
                f.name(),
                f.low() == f.high()
                    ? String.format(Locale.ROOT, "%.2f", f.value())
                    : String.format(Locale.ROOT, "%.3f [%.3f, %.3f]", f.value(), f.low(), f.high()),
                Double.isNaN(f.least()) ? "" : String.format(Locale.ROOT, "%.2f", f.least()),
                f.trials(),
                figures.epochs(),
                figures.seconds()));
      }
    }
    return table.toString();
  }

  private static String line(ZooModel model) {
    ZooFigures f = model.figures();
    return String.format(
            Locale.ROOT,
            "| `%s` | %,d | %s | %s | %s at %s | %.1f %% | %d | %.0f |%n",
            model.id(),
            f.parameters(),
            training(model),
            share(f.correct(), f.count()),
            share(f.robust(), f.count()),
            radius(f.epsilon()),
            100 * largestClass(model),
            f.epochs(),
            f.seconds())
        .replace(System.lineSeparator(), "\n");
  }

  private static String training(ZooModel model) {
    return switch (model.training()) {
      case STANDARD -> "standard";
      case PGD -> "PGD adversarial";
      case TRADES -> "TRADES";
    };
  }

  private static String share(int part, int count) {
    Interval interval = Rate.of(part, count, "held-out pictures").interval();
    return String.format(
        Locale.ROOT,
        "%.1f %% [%.1f, %.1f]",
        100.0 * part / count,
        100 * interval.lower(),
        100 * interval.upper());
  }

  private static String radius(double epsilon) {
    double levels = epsilon * 255;
    return Math.abs(levels - Math.rint(levels)) < 1e-9
        ? Math.round(levels) + "/255"
        : Double.toString(epsilon);
  }

  private static double largestClass(ZooModel model) {
    try (LabeledImages test = model.test().open()) {
      int[] labels = test.labels();
      long most =
          Arrays.stream(labels)
              .boxed()
              .collect(Collectors.groupingBy(c -> c, Collectors.counting()))
              .values()
              .stream()
              .max(Long::compare)
              .orElse(0L);
      return (double) most / labels.length;
    }
  }
}
