package org.safety4j.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Control;
import org.safety4j.bench.stats.Row;
import org.safety4j.bench.stats.Subject;
import org.safety4j.bench.stats.Utility;
import org.safety4j.bench.stats.Worst;

/** The accuracy left under each attack, for a terminal. */
final class TextTable {
  private final Analysis analysis;
  private final Layout layout;

  TextTable(Analysis analysis) {
    this.analysis = analysis;
    this.layout = new Layout(analysis);
  }

  String render() {
    StringBuilder out = new StringBuilder();
    for (Layout.Group group : layout.groups()) {
      int images = analysis.ledger().data().get(group.data()).labels().length;
      out.append(clean(group.model()))
          .append(" on ")
          .append(clean(group.data()))
          .append(": accuracy in % of ")
          .append(images)
          .append(" images [95 % interval]\n");
      append(out, table(group));
      out.append('\n');
    }
    if (!layout.groups().isEmpty()) {
      out.append(
          "* the attack did not land on the undefended model: no evidence for the defense\n");
    }
    int doubts = analysis.doubts().size();
    if (doubts > 0) {
      out.append(doubts).append(doubts == 1 ? " doubt:\n" : " doubts:\n");
      analysis
          .doubts()
          .forEach(d -> out.append("- ").append(clean(d.where() + ": " + d.what())).append('\n'));
    }
    return out.toString();
  }

  private List<List<String>> table(Layout.Group group) {
    List<List<String>> lines = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("attack", "access"));
    group.subjects().forEach(s -> head.add(Layout.shown(s.defense())));
    lines.add(head);
    List<String> plain = new ArrayList<>(List.of("none", ""));
    for (Subject subject : group.subjects()) {
      plain.add(
          analysis.utilities().stream()
              .filter(u -> u.subject().equals(subject))
              .map(Utility::accuracy)
              .map(TextTable::figure)
              .findFirst()
              .orElse("-"));
    }
    lines.add(plain);
    for (String attack : layout.attacks(group)) {
      List<String> line =
          new ArrayList<>(
              List.of(attack, Format.access(layout.any(group, attack).attack().access())));
      for (Subject subject : group.subjects()) {
        line.add(analysis.row(subject, attack).map(TextTable::cell).orElse("-"));
      }
      lines.add(line);
    }
    layout
        .headline(group.data())
        .ifPresent(
            radius -> {
              List<String> line = new ArrayList<>(List.of("all, " + radius, ""));
              for (Subject subject : group.subjects()) {
                Optional<Worst> worst = analysis.worst(subject, radius);
                line.add(worst.map(w -> figure(w.robust())).orElse("-"));
              }
              lines.add(line);
            });
    return lines;
  }

  private static String cell(Row row) {
    if (row.attack().norm() == null) {
      return "at " + Format.number(row.distance().median()) + " " + row.norm();
    }
    boolean unproven =
        row.control() != Control.IS_CONTROL
            && !row.control().countsForDefense()
            && row.success().value() == 0;
    return figure(row.robust()) + (unproven ? "*" : "");
  }

  private static String figure(org.safety4j.bench.stats.Figure figure) {
    return String.format(
        Locale.ROOT,
        "%.1f [%.0f-%.0f]",
        100 * figure.value(),
        100 * figure.interval().lower(),
        100 * figure.interval().upper());
  }

  private static void append(StringBuilder out, List<List<String>> lines) {
    int columns = lines.get(0).size();
    int[] widths = new int[columns];
    for (List<String> line : lines) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], clean(line.get(i)).length());
      }
    }
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder("  ");
      for (int i = 0; i < columns; i++) {
        String value = clean(line.get(i));
        text.append(value).append(" ".repeat(widths[i] - value.length() + 2));
      }
      out.append(text.toString().stripTrailing()).append('\n');
    }
  }

  /** Control characters could rewrite a terminal. */
  private static String clean(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
