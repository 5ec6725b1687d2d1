package org.safety4j.bench.report;

import java.util.Optional;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Control;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.Figure;
import org.safety4j.bench.stats.Row;
import org.safety4j.bench.stats.Subject;
import org.safety4j.bench.stats.Utility;
import org.safety4j.bench.stats.Worst;

/** Attacks down, defenses across; colour is the accuracy left. */
final class Matrix {
  private final Analysis analysis;
  private final Layout layout;

  Matrix(Analysis analysis, Layout layout) {
    this.analysis = analysis;
    this.layout = layout;
  }

  Element table(Layout.Group group) {
    Element head = Element.of("tr").add(Element.of("th", "corner", group.model()));
    for (Subject subject : group.subjects()) {
      head.add(Element.of("th", "column", Layout.shown(subject.defense())).attr("scope", "col"));
    }
    Element body = Element.of("tbody").add(clean(group));
    for (String attack : layout.attacks(group)) {
      body.add(attack(group, attack));
    }
    layout.headline(group.data()).ifPresent(radius -> body.add(worst(group, radius)));
    return Element.of("div", "scroll")
        .add(
            Element.of("table", "matrix")
                .add(Element.of("caption", "sr", "Accuracy of " + group.model() + " under attack"))
                .add(Element.of("thead").add(head), body));
  }

  private Element clean(Layout.Group group) {
    Element row = Element.of("tr", "clean").add(rowHead("no attack", null, null));
    for (Subject subject : group.subjects()) {
      Optional<Utility> utility =
          analysis.utilities().stream().filter(u -> u.subject().equals(subject)).findFirst();
      row.add(utility.map(u -> cell(u.accuracy())).orElseGet(Matrix::empty));
    }
    return row;
  }

  private Element attack(Layout.Group group, String attack) {
    Row any = layout.any(group, attack);
    Element row = Element.of("tr");
    row.add(rowHead(attack, Format.access(any.attack().access()), any));
    for (Subject subject : group.subjects()) {
      row.add(
          analysis
              .row(subject, attack)
              .map(Matrix::cell)
              .orElseGet(() -> missing(subject, attack)));
    }
    return row;
  }

  private static Element rowHead(String name, String access, Row any) {
    Element head = Element.of("th", "row-name").attr("scope", "row");
    head.add(Element.of("span", "method", name));
    if (access != null) {
      head.add(Element.of("span", "access " + access, access));
    }
    return head;
  }

  private static Element cell(Row row) {
    Element cell = row.attack().norm() == null ? distance(row) : cell(row.robust());
    if (row.adaptive()) {
      cell.add(badge("adaptive", "adaptive", "The defense names this attack as adaptive to it"));
    }
    if (row.control() == Control.IS_CONTROL || row.success().value() > 0) {
      return cell;
    }
    return cell.add(
        row.control().countsForDefense()
            ? badge("landed", "✓", "The same attack landed on the undefended model: this counts")
            : badge(
                "unproven", "?", "The attack did not land on the undefended model: no evidence"));
  }

  /** An attack without ball wins nearly everything; how far it had to go is what tells. */
  private static Element distance(Row row) {
    String norm = row.norm().equals("LINF") ? "Linf" : row.norm();
    boolean won = row.distance().count() > 0;
    return Element.of("td", "heat far")
        .attr("title", row.success() + ", " + norm + " " + row.distance())
        .add(
            Element.of(
                "span", "value", won ? norm + " " + Format.number(row.distance().median()) : "–"),
            Element.of("span", "range", "won " + Format.percent(row.success().value())));
  }

  private static Element badge(String css, String text, String title) {
    return Element.of("span", "badge " + css, text).attr("title", title);
  }

  private Element missing(Subject subject, String attack) {
    Element cell = Element.of("td", "none", "–");
    for (Entry.Skipped skip : analysis.ledger().skipped()) {
      boolean here =
          analysis.subject(skip.cell()).equals(subject)
              && skip.cell().attack() != null
              && analysis.label(skip.cell().attack()).equals(attack);
      if (here) {
        return cell.attr("title", skip.reason());
      }
    }
    return cell;
  }

  private static Element empty() {
    return Element.of("td", "none", "–");
  }

  private Element worst(Layout.Group group, Analysis.Radius radius) {
    Element row = Element.of("tr", "worst");
    row.add(rowHead("all attacks, " + radius, null, null));
    for (Subject subject : group.subjects()) {
      Optional<Worst> worst = analysis.worst(subject, radius);
      row.add(
          worst
              .map(
                  w ->
                      w.doubtful()
                          ? cell(w.robust())
                              .add(
                                  badge(
                                      "unproven", "?", "No attack landed on the undefended model"))
                          : cell(w.robust()))
              .orElseGet(Matrix::empty));
    }
    return row;
  }

  private static Element cell(Figure figure) {
    if (Double.isNaN(figure.value())) {
      return empty();
    }
    return Element.of("td", "heat")
        .attr("style", "--v:" + Format.at(100 * figure.value()) + "%")
        .attr("title", figure)
        .add(
            Element.of("span", "value", Format.percent(figure.value())),
            Element.of("span", "range", Format.interval(figure.interval())),
            Element.of("span", "ci").add(Element.of("i").attr("style", Overview.span(figure))));
  }

  static Element key() {
    return Element.of("p", "matrix-key")
        .add(
            Element.of("span", "ramp-label", "0 %"),
            Element.of("i", "ramp"),
            Element.of("span", "ramp-label", "100 % left"),
            Element.of("i", "ramp far"),
            Element.of("span")
                .text("attack without ball: median distance of the images that it won"),
            badge("landed", "✓", ""),
            Element.of("span")
                .text("nothing lost, and the same attack landed on the undefended model"),
            badge("unproven", "?", ""),
            Element.of("span").text("nothing lost, but the attack never landed: no evidence"),
            badge("adaptive", "adaptive", ""),
            Element.of("span").text("adapts to the defense, run because the defense names it"));
  }
}
