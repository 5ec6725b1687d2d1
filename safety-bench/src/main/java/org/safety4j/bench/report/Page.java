package org.safety4j.bench.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Doubt;
import org.safety4j.bench.stats.Entry;
import org.safety4j.core.error.SafetyException;

/** The whole page: what stands where. */
final class Page {
  private static final int SHOWN_DOUBTS = 5;

  private final String name;
  private final Analysis analysis;
  private final Layout layout;

  Page(String name, Analysis analysis) {
    this.name = name;
    this.analysis = analysis;
    this.layout = new Layout(analysis);
  }

  String render() {
    Element html =
        Element.of("html")
            .attr("lang", "en")
            .add(head(), Element.of("body").add(header(), main(), footer()));
    return "<!DOCTYPE html>\n" + html + "\n";
  }

  private Element head() {
    return Element.of("head")
        .add(
            Element.of("meta").attr("charset", "utf-8"),
            Element.of("meta")
                .attr("http-equiv", "Content-Security-Policy")
                .attr("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
            Element.of("meta")
                .attr("name", "viewport")
                .attr("content", "width=device-width, initial-scale=1"),
            Element.of("meta").attr("name", "color-scheme").attr("content", "light dark"),
            Element.of("title").text(name + " – robustness report"),
            Element.style(css()));
  }

  private static String css() {
    try (InputStream in = Page.class.getResourceAsStream("report.css")) {
      if (in == null) {
        throw new SafetyException("report.css is missing from the library's jar");
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Element header() {
    return Element.of("header", "top")
        .add(
            Element.of("div", "wrap")
                .add(
                    shield(),
                    Element.of("div", "grow")
                        .add(
                            Element.of("p", "eyebrow", "Robustness report"),
                            Element.of("h1").text(name),
                            Element.of("p", "lede", lede()))));
  }

  private static Element shield() {
    return Element.of("svg", "mark")
        .attr("viewBox", "0 0 48 56")
        .attr("aria-hidden", "true")
        .add(
            Element.of("path", "mark-body")
                .attr("d", "M24 2 L44 9 V27 C44 40 35.5 49.5 24 54 C12.5 49.5 4 40 4 27 V9 Z"),
            Element.of("path", "mark-line").attr("d", "M14 27 l7.5 8 L35 19"));
  }

  private String lede() {
    int images =
        analysis.ledger().data().values().stream().mapToInt(data -> data.labels().length).sum();
    long models = layout.groups().stream().map(Layout.Group::model).distinct().count();
    long defended = layout.defenses().stream().filter(d -> !d.equals("none")).count();
    return String.join(
        " · ",
        count(models, "model", "models"),
        count(images, "image", "images"),
        count(layout.attacks().size(), "attack", "attacks"),
        count(defended, "defense", "defenses"),
        count(analysis.ledger().attacked().size(), "attack run", "attack runs"),
        Format.seconds(analysis.seconds()) + " of work");
  }

  static String count(long n, String one, String many) {
    return String.format(Locale.ROOT, "%,d %s", n, n == 1 ? one : many);
  }

  private Element main() {
    Element main = Element.of("main", "wrap");
    main.add(new Overview(analysis, layout).cards());
    doubts(main);
    Matrix matrix = new Matrix(analysis, layout);
    Element tables =
        section(
            "Accuracy left under attack",
            "Share of all images still classified correctly, with its 95 % interval. Read a column"
                + " from top to bottom: the last line counts an image as lost if any attack won it.");
    layout.groups().forEach(group -> tables.add(matrix.table(group)));
    main.add(tables.add(Matrix.key()));
    plots(main);
    new Gallery(analysis, layout).section().ifPresent(main::add);
    main.add(new Details(analysis, layout).sections());
    main.add(new Background(name, analysis).sections());
    return main;
  }

  static Element section(String title, String explanation) {
    return Element.of("section")
        .add(Element.of("h2").text(title), Element.of("p", "explain", explanation));
  }

  private void doubts(Element main) {
    List<Doubt> doubts = analysis.doubts();
    int failed = analysis.ledger().failed().size();
    if (doubts.isEmpty() && failed == 0) {
      main.add(
          Element.of("div", "box good")
              .add(
                  Element.of("strong").text("No doubts found."),
                  Element.of("span")
                      .text(
                          " No masked or broken gradients, no attack that blind ones outdo, no"
                              + " unconfirmed success, and every failed attack landed on the"
                              + " undefended model.")));
      return;
    }
    List<Element> items = new ArrayList<>();
    for (Doubt doubt : doubts) {
      items.add(reason(doubt.where(), doubt.what()));
    }
    for (Entry.Failed failure : analysis.ledger().failed()) {
      items.add(reason(Details.where(analysis, failure.cell()), "failed, " + failure.error()));
    }
    int n = items.size();
    Element box =
        Element.of("div", "box warn")
            .add(
                Element.of("strong")
                    .text(count(n, "reason", "reasons") + " not to take a figure at face value"),
                Element.of("ul").add(items.subList(0, Math.min(n, SHOWN_DOUBTS))));
    if (n > SHOWN_DOUBTS) {
      box.add(
          Element.of("details")
              .add(
                  Element.of("summary", "summary", (n - SHOWN_DOUBTS) + " more"),
                  Element.of("ul").add(items.subList(SHOWN_DOUBTS, n))));
    }
    main.add(box);
  }

  private static Element reason(String where, String what) {
    return Element.of("li").add(Element.of("b").text(where), Element.of("span").text(": " + what));
  }

  private void plots(Element main) {
    Element section =
        section(
            "How it falls",
            "Accuracy under whatever attack works best on each image, against the size of the change"
                + " (between the sizes that were tried it can only be lower), and how many queries"
                + " each attack needs on the undefended model. Bands are 95 % intervals.");
    Element grid = Element.of("div", "plots");
    boolean any = false;
    Plots plots = new Plots(analysis, layout);
    for (Layout.Group group : layout.groups()) {
      for (Element plot : plots.of(group)) {
        grid.add(plot);
        any = true;
      }
    }
    if (any) {
      main.add(section.add(grid));
    }
  }

  private static Element footer() {
    return Element.of("footer", "wrap")
        .add(
            Element.of("p")
                .text(
                    "Made by Safety4J from the campaign's journal. This page holds no script and loads"
                        + " nothing."));
  }
}
