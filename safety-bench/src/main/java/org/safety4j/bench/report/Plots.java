package org.safety4j.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Figure;
import org.safety4j.bench.stats.Row;
import org.safety4j.bench.stats.Subject;
import org.safety4j.bench.stats.Worst;
import org.safety4j.core.metric.Intervals;
import org.safety4j.core.metric.QueriesToSuccess;
import org.safety4j.core.metric.Rate;

/** The curves of a campaign. */
final class Plots {
  private static final int COLOURS = 10;

  private final Analysis analysis;
  private final Layout layout;

  Plots(Analysis analysis, Layout layout) {
    this.analysis = analysis;
    this.layout = layout;
  }

  List<Element> of(Layout.Group group) {
    List<Element> plots = new ArrayList<>();
    for (String norm : List.of("LINF", "L2")) {
      epsilon(group, norm).ifPresent(plots::add);
    }
    queries(group).ifPresent(plots::add);
    return plots;
  }

  private Optional<Element> epsilon(Layout.Group group, String norm) {
    String shown = norm.equals("LINF") ? "Linf" : norm;
    LinePlot plot =
        new LinePlot(
            group.model() + ", " + shown, "size of the change, " + shown, "accuracy left", false);
    for (Worst.Curve curve : analysis.curves(group.data(), norm)) {
      if (!group.subjects().contains(curve.subject())) {
        continue;
      }
      List<LinePlot.Point> points = new ArrayList<>();
      for (Worst worst : curve.points()) {
        Figure robust = worst.robust();
        points.add(
            new LinePlot.Point(
                worst.epsilon(),
                robust.value(),
                robust.interval().lower(),
                robust.interval().upper()));
      }
      String defense = curve.subject().defense();
      plot.line(Layout.shown(defense), layout.defenses().indexOf(defense) % COLOURS, false, points);
    }
    return plot.isEmpty() ? Optional.empty() : Optional.of(plot.draw());
  }

  private Optional<Element> queries(Layout.Group group) {
    LinePlot plot =
        new LinePlot(
            group.model() + ", queries",
            "queries to the model for one image",
            "correctly classified images won",
            true);
    Subject plain = group.subjects().get(0);
    double end = 1;
    for (String attack : layout.attacks(group)) {
      Optional<Row> row = analysis.row(plain, attack);
      end = Math.max(end, row.map(Row::meanQueries).orElse(1.0));
    }
    for (String attack : layout.attacks(group)) {
      Optional<Row> row = analysis.row(plain, attack);
      if (row.isPresent() && row.get().success().trials() > 0) {
        double radius = row.get().queriesRadius();
        plot.line(
            Double.isNaN(radius) ? attack : attack + ", within " + Format.number(radius),
            layout.attacks().indexOf(attack) % COLOURS,
            true,
            steps(row.get().queries(), row.get().success().trials(), end));
      }
    }
    return plot.isEmpty() ? Optional.empty() : Optional.of(plot.draw());
  }

  private static List<LinePlot.Point> steps(QueriesToSuccess queries, long trials, double end) {
    List<LinePlot.Point> points = new ArrayList<>();
    points.add(point(1, 0, trials));
    double last = 0;
    double reach = 1;
    for (QueriesToSuccess.Point corner : queries.points()) {
      points.add(point(corner.queries(), corner.share(), trials));
      last = corner.share();
      reach = corner.queries();
    }
    if (reach < end) {
      points.add(point(end, last, trials));
    }
    return points;
  }

  private static LinePlot.Point point(double x, double share, long trials) {
    var interval = Intervals.wilsonOfShare(Math.min(1, share), trials, Rate.LEVEL);
    return new LinePlot.Point(x, share, interval.lower(), interval.upper());
  }
}
