package org.safety4j.bench.report;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.Example;
import org.safety4j.bench.stats.Row;
import org.safety4j.bench.stats.Subject;

/** Pictures before and after, with the difference between them. */
final class Gallery {
  private static final int MOST_TRIPLES = 36;
  private static final int PER_ATTACK = 2;

  private final Analysis analysis;
  private final Layout layout;

  Gallery(Analysis analysis, Layout layout) {
    this.analysis = analysis;
    this.layout = layout;
  }

  Optional<Element> section() {
    Element section =
        Page.section(
            "What the attacks did",
            "Each strip: the original, the adversarial image, and their difference around middle"
                + " grey, amplified to full range. Above it the model's answers.");
    int shown = 0;
    for (Layout.Group group : layout.groups()) {
      List<Element> strips = new ArrayList<>();
      for (String attack : layout.attacks(group)) {
        if (shown + strips.size() < MOST_TRIPLES) {
          strips.addAll(strips(group, attack));
        }
      }
      if (!strips.isEmpty()) {
        shown += strips.size();
        section.add(
            Element.of("h3", "group", group.model()), Element.of("div", "strips").add(strips));
      }
    }
    return shown == 0 ? Optional.empty() : Optional.of(section);
  }

  /** Examples of the first subject that an attack won, the undefended model before the others. */
  private List<Element> strips(Layout.Group group, String attack) {
    for (Subject subject : group.subjects()) {
      Optional<Row> row = analysis.row(subject, attack);
      if (row.isPresent()) {
        List<Example> examples = analysis.examples(row.get());
        if (!examples.isEmpty()) {
          return examples.stream().limit(PER_ATTACK).map(e -> strip(row.get(), e)).toList();
        }
      }
    }
    return List.of();
  }

  private Element strip(Row row, Example example) {
    List<String> names =
        Optional.ofNullable(analysis.ledger().data().get(row.subject().data()))
            .map(Entry.Data::classNames)
            .orElse(List.of());
    String from = name(names, example.before());
    String to = name(names, example.after());
    String under =
        row.defense().isNone() ? "" : " against " + Layout.shown(row.subject().defense());
    return Element.of("figure", "strip")
        .add(
            Element.of("figcaption")
                .add(
                    Element.of("b", "from", from),
                    Element.of("span", "arrow", "→"),
                    Element.of("b", "to", to),
                    Element.of("span", "muted", row.label() + under)),
            Element.of("div", "triple")
                .add(
                    image(example.clean(), example, "image " + example.image() + ", a " + from),
                    image(example.adversarial(), example, "adversarial, taken for " + to),
                    image(example.difference(), example, "difference, amplified")),
            Element.of(
                "p",
                "muted small",
                String.format(
                    Locale.ROOT,
                    "image %d · difference × %.1f",
                    example.image(),
                    example.scale())));
  }

  private static String name(List<String> names, int label) {
    return label >= 0 && label < names.size() ? names.get(label) : Integer.toString(label);
  }

  private static Element image(byte[] png, Example example, String alternative) {
    boolean tiny = example.width() < 100;
    return Element.of("img", tiny ? "pixels" : "smooth")
        .attr("src", "data:image/png;base64," + Base64.getEncoder().encodeToString(png))
        .attr("width", example.width())
        .attr("height", example.height())
        .attr("alt", alternative)
        .attr("title", alternative);
  }
}
