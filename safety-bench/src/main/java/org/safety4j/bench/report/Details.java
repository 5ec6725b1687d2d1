package org.safety4j.bench.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Cell;
import org.safety4j.bench.stats.Control;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.Row;
import org.safety4j.bench.stats.Utility;
import org.safety4j.core.metric.Rate;

/** The tables with every figure. */
final class Details {
  private final Analysis analysis;
  private final Layout layout;

  Details(Analysis analysis, Layout layout) {
    this.analysis = analysis;
    this.layout = layout;
  }

  List<Element> sections() {
    Element cost =
        Page.section(
                "What the defenses cost",
                "Accuracy and time of one answer without any attack, and what access is left to an"
                    + " attacker.")
            .add(utilities());
    Element all =
        Page.section("Every attack", "Success is counted among images classified correctly before.")
            .add(
                Element.of("details")
                    .add(
                        Element.of(
                            "summary",
                            "summary",
                            Page.count(analysis.rows().size(), "row", "rows")),
                        rows()));
    Element skipped = skipped();
    return skipped == null ? List.of(cost, all) : List.of(cost, all, skipped);
  }

  private Element utilities() {
    Element body = Element.of("tbody");
    for (Utility utility : analysis.utilities()) {
      String difference =
          utility.againstUndefended() == null
              ? ""
              : Format.points(utility.againstUndefended().difference()) + " points";
      body.add(
          line(
              utility.subject().model(),
              Layout.shown(utility.subject().defense()),
              Format.withInterval(utility.accuracy()),
              difference,
              Format.percent(utility.refused().value()),
              Format.number(utility.millisPerImage()) + " ms",
              Double.isNaN(utility.slowdown()) || utility.defense().isNone()
                  ? ""
                  : "× " + Format.number(utility.slowdown()),
              String.join(", ", utility.offers()),
              utility.random() ? "yes" : "no"));
    }
    return table(
        List.of(
            "Model",
            "Defense",
            "Accuracy",
            "Change",
            "Refused",
            "Time",
            "Slower",
            "Offers",
            "Random"),
        body);
  }

  private Element rows() {
    Element body = Element.of("tbody");
    for (Row row : analysis.rows()) {
      String difference =
          row.againstUndefended() == null
              ? ""
              : Format.points(row.againstUndefended().difference())
                  + " ["
                  + Format.interval(row.againstUndefended().differenceInterval(Rate.LEVEL))
                  + "]";
      body.add(
          line(
              row.subject().model(),
              Layout.shown(row.subject().defense()),
              row.label() + (row.adaptive() ? " (adaptive)" : ""),
              Format.access(row.attack().access()),
              Format.withInterval(row.success()),
              Format.percent(row.rounded().value()),
              Format.withInterval(row.robust()),
              control(row.control()),
              difference,
              Format.p(row.adjustedP()),
              Format.number(row.queries().medianOfSuccesses()),
              Format.number(row.meanQueries()),
              Format.number(row.distance().median())
                  + (row.norm().equals("LINF") ? " Linf" : " " + row.norm()),
              Format.seconds(row.seconds())));
    }
    return table(
        List.of(
            "Model",
            "Defense",
            "Attack",
            "Access",
            "Success",
            "At 8 bits",
            "Accuracy left",
            "Control",
            "Against undefended",
            "p",
            "Queries to success",
            "Queries spent",
            "Distance",
            "Time"),
        body);
  }

  private static String control(Control control) {
    return Markdown.control(control);
  }

  private Element skipped() {
    Map<String, TreeSet<String>> reasons = new LinkedHashMap<>();
    for (Entry.Skipped skip : analysis.ledger().skipped()) {
      Cell cell = skip.cell();
      reasons
          .computeIfAbsent(skip.reason(), reason -> new TreeSet<>())
          .add(
              cell.attack() == null
                  ? analysis.defenseLabel(cell.defense())
                  : analysis.label(cell.attack()));
    }
    if (reasons.isEmpty()) {
      return null;
    }
    Element list = Element.of("ul", "plain");
    reasons.forEach(
        (reason, methods) ->
            list.add(Element.of("li").text(String.join(", ", methods) + ": " + reason)));
    return Page.section("What did not fit", "Combinations that cannot be, with the reason.")
        .add(list);
  }

  static String where(Analysis analysis, Cell cell) {
    String subject = analysis.subject(cell).toString();
    return cell.attack() == null ? subject : subject + ", " + analysis.label(cell.attack());
  }

  private static Element line(String... cells) {
    Element line = Element.of("tr");
    for (String cell : cells) {
      line.add(Element.of("td").text(cell));
    }
    return line;
  }

  static Element table(List<String> heads, Element body) {
    Element head = Element.of("tr");
    heads.forEach(text -> head.add(Element.of("th").attr("scope", "col").text(text)));
    return Element.of("div", "scroll")
        .add(Element.of("table", "plain-table").add(Element.of("thead").add(head), body));
  }
}
