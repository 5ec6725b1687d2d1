package org.safety4j.bench.report;

import java.util.Optional;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Figure;
import org.safety4j.bench.stats.Subject;
import org.safety4j.bench.stats.Utility;
import org.safety4j.bench.stats.Worst;

/** A card for each model: what is left of its accuracy, defense by defense. */
final class Overview {
  private final Analysis analysis;
  private final Layout layout;

  Overview(Analysis analysis, Layout layout) {
    this.analysis = analysis;
    this.layout = layout;
  }

  Element cards() {
    Element cards = Element.of("section", "cards");
    layout.groups().forEach(group -> cards.add(card(group)));
    return cards;
  }

  private Element card(Layout.Group group) {
    Optional<Analysis.Radius> radius = layout.headline(group.data());
    Element card = Element.of("article", "card");
    card.add(Element.of("h3").text(group.model()));
    card.add(Element.of("p", "muted", "on " + group.data() + radius.map(r -> ", " + r).orElse("")));
    Subject plain = group.subjects().get(0);
    Optional<Figure> clean = accuracy(plain);
    Optional<Worst> worst = radius.flatMap(r -> analysis.worst(plain, r));
    Element big = Element.of("p", "headline");
    clean.ifPresent(figure -> big.add(Element.of("span", "num", Format.percent(figure.value()))));
    worst.ifPresent(
        w ->
            big.add(
                Element.of("span", "arrow", "→"),
                Element.of("span", "num fall", Format.percent(w.robust().value()))));
    card.add(big);
    card.add(
        Element.of(
            "p",
            "muted",
            worst
                .map(
                    w ->
                        "accuracy without attack, and under the best of "
                            + Page.count(w.attacks(), "attack", "attacks"))
                .orElse("accuracy without attack")));
    Element bars = Element.of("div", "bars");
    for (Subject subject : group.subjects()) {
      bars.add(bar(subject, radius));
    }
    return card.add(bars);
  }

  private Element bar(Subject subject, Optional<Analysis.Radius> radius) {
    Optional<Worst> worst = radius.flatMap(r -> analysis.worst(subject, r));
    Element track = Element.of("span", "track");
    worst.ifPresent(
        w ->
            track.add(
                Element.of("i", "fill").attr("style", width(w.robust().value())),
                Element.of("i", "whisker").attr("style", span(w.robust()))));
    accuracy(subject)
        .ifPresent(
            figure ->
                track.add(
                    Element.of("i", "tick-mark").attr("style", "left:" + percent(figure.value()))));
    String value = worst.map(w -> Format.percent(w.robust().value())).orElse("–");
    boolean doubtful = worst.map(Worst::doubtful).orElse(false);
    return Element.of("div", "bar")
        .add(
            Element.of("span", "bar-name", Layout.shown(subject.defense())),
            track,
            Element.of("span", "bar-value", value + (doubtful ? " ?" : "")));
  }

  private Optional<Figure> accuracy(Subject subject) {
    return analysis.utilities().stream()
        .filter(utility -> utility.subject().equals(subject))
        .map(Utility::accuracy)
        .findFirst();
  }

  private static String width(double share) {
    return "width:" + percent(share);
  }

  static String span(Figure figure) {
    double low = figure.interval().lower();
    return "left:" + percent(low) + ";width:" + percent(figure.interval().upper() - low);
  }

  private static String percent(double share) {
    return Format.at(100 * share) + "%";
  }
}
