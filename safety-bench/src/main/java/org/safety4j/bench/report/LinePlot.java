package org.safety4j.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A line plot as SVG; shares on the vertical axis, colours by number from the style sheet. */
final class LinePlot {
  private static final double WIDTH = 560;
  private static final double HEIGHT = 300;
  private static final double LEFT = 46;
  private static final double RIGHT = 14;
  private static final double TOP = 12;
  private static final double BOTTOM = 44;

  /** A point: a share with its interval. */
  record Point(double x, double y, double low, double high) {}

  private record Line(String name, int colour, boolean stepped, List<Point> points) {}

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final boolean logarithmic;
  private final List<Line> lines = new ArrayList<>();

  LinePlot(String title, String xLabel, String yLabel, boolean logarithmic) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
    this.logarithmic = logarithmic;
  }

  void line(String name, int colour, boolean stepped, List<Point> points) {
    lines.add(new Line(name, colour, stepped, points));
  }

  boolean isEmpty() {
    return lines.isEmpty();
  }

  private double xMin() {
    return logarithmic ? 1 : 0;
  }

  private double xMax() {
    double max = 0;
    for (Line line : lines) {
      for (Point point : line.points) {
        max = Math.max(max, point.x);
      }
    }
    if (logarithmic) {
      return Math.max(10, Math.pow(10, Math.ceil(Math.log10(Math.max(1, max)) - 1e-9)));
    }
    return max > 0 ? max : 1;
  }

  private double x(double value) {
    double share =
        logarithmic
            ? Math.log10(Math.max(1, value)) / Math.log10(xMax())
            : (value - xMin()) / (xMax() - xMin());
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double share) {
    return TOP + (1 - Math.max(0, Math.min(1, share))) * (HEIGHT - TOP - BOTTOM);
  }

  Element draw() {
    Element svg =
        Element.of("svg", "plot")
            .attr("viewBox", "0 0 " + (int) WIDTH + " " + (int) HEIGHT)
            .attr("role", "img");
    svg.add(Element.of("title").text(title + ": " + yLabel + " against " + xLabel));
    grid(svg);
    lines.forEach(line -> band(svg, line));
    lines.forEach(line -> path(svg, line));
    return Element.of("figure", "figure")
        .add(Element.of("figcaption", "plot-title", title), svg, legend());
  }

  private void grid(Element svg) {
    for (int i = 0; i <= 4; i++) {
      double share = i / 4.0;
      svg.add(rule(LEFT, y(share), WIDTH - RIGHT, y(share), i == 0 ? "axis" : "grid"));
      svg.add(label(LEFT - 8, y(share) + 4, "end", (int) (100 * share) + " %"));
    }
    for (double tick : ticks()) {
      svg.add(rule(x(tick), y(0), x(tick), y(0) + 5, "axis"));
      svg.add(label(x(tick), y(0) + 19, "middle", tick(tick)));
    }
    svg.add(label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "middle", xLabel));
  }

  private List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    double max = xMax();
    if (logarithmic) {
      for (double tick = 1; tick <= max * 1.001; tick *= 10) {
        ticks.add(tick);
      }
      return ticks;
    }
    double step = niceStep(max / 5);
    for (int i = 0; i * step <= max * 1.001; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  private static double niceStep(double raw) {
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double scaled = raw / power;
    return power * (scaled <= 1 ? 1 : scaled <= 2 ? 2 : scaled <= 5 ? 5 : 10);
  }

  private String tick(double value) {
    if (logarithmic) {
      return value >= 1e6
          ? (long) (value / 1e6) + "M"
          : value >= 1e3 ? (long) (value / 1e3) + "k" : Long.toString((long) value);
    }
    String text = String.format(Locale.ROOT, "%.4f", value);
    return text.replaceAll("0+$", "").replaceAll("\\.$", "");
  }

  private static Element rule(double x1, double y1, double x2, double y2, String css) {
    return Element.of("line", css)
        .attr("x1", Format.at(x1))
        .attr("y1", Format.at(y1))
        .attr("x2", Format.at(x2))
        .attr("y2", Format.at(y2));
  }

  private static Element label(double x, double y, String anchor, String text) {
    return Element.of("text", "tick", text)
        .attr("x", Format.at(x))
        .attr("y", Format.at(y))
        .attr("text-anchor", anchor);
  }

  private void band(Element svg, Line line) {
    if (line.points.stream().allMatch(p -> Double.isNaN(p.low))) {
      return;
    }
    StringBuilder path = new StringBuilder();
    trace(path, line, true, false);
    trace(path, line, false, true);
    svg.add(Element.of("path", "band c" + line.colour).attr("d", path.append('Z').toString()));
  }

  private void trace(StringBuilder path, Line line, boolean high, boolean backwards) {
    int n = line.points.size();
    for (int k = 0; k < n; k++) {
      Point point = line.points.get(backwards ? n - 1 - k : k);
      path.append(path.isEmpty() ? 'M' : 'L')
          .append(Format.at(x(point.x)))
          .append(' ')
          .append(Format.at(y(high ? point.high : point.low)));
    }
  }

  private void path(Element svg, Line line) {
    StringBuilder path = new StringBuilder();
    double last = 0;
    for (Point point : line.points) {
      if (path.isEmpty()) {
        path.append('M').append(Format.at(x(point.x)));
      } else if (line.stepped) {
        path.append('L').append(Format.at(x(point.x))).append(' ').append(Format.at(y(last)));
        path.append('L').append(Format.at(x(point.x)));
      } else {
        path.append('L').append(Format.at(x(point.x)));
      }
      path.append(' ').append(Format.at(y(point.y)));
      last = point.y;
    }
    svg.add(
        Element.of("path", "line c" + line.colour)
            .attr("d", path.toString())
            .add(Element.of("title").text(line.name)));
  }

  private Element legend() {
    Element legend = Element.of("div", "legend");
    for (Line line : lines) {
      legend.add(
          Element.of("span", "key").add(Element.of("i", "swatch c" + line.colour)).text(line.name));
    }
    return legend;
  }
}
