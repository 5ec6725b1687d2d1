package org.safety4j.bench.report;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Control;
import org.safety4j.bench.stats.Doubt;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.Row;
import org.safety4j.bench.stats.Subject;
import org.safety4j.bench.stats.Utility;

/** The tables as Markdown. */
final class Markdown {
  private final String name;
  private final Analysis analysis;
  private final Layout layout;

  Markdown(String name, Analysis analysis) {
    this.name = name;
    this.analysis = analysis;
    this.layout = new Layout(analysis);
  }

  String render() {
    StringBuilder out = new StringBuilder();
    out.append("# ").append(escape(name)).append("\n\n");
    layout.groups().forEach(group -> group(out, group));
    if (!analysis.doubts().isEmpty()) {
      out.append("## Doubts\n\n");
      for (Doubt doubt : analysis.doubts()) {
        out.append("- **")
            .append(escape(doubt.where()))
            .append("**: ")
            .append(escape(doubt.what()))
            .append('\n');
      }
      out.append('\n');
    }
    skipped(out);
    return out.toString();
  }

  private void group(StringBuilder out, Layout.Group group) {
    out.append("## ")
        .append(escape(group.model()))
        .append(" on ")
        .append(escape(group.data()))
        .append("\n\n");
    line(out, List.of("Defense", "Accuracy without attack", "Time a picture", "Offers"));
    line(out, List.of("---", "---", "---", "---"));
    for (Utility utility : analysis.utilities()) {
      if (group.subjects().contains(utility.subject())) {
        line(
            out,
            List.of(
                escape(Layout.shown(utility.subject().defense())),
                Format.withInterval(utility.accuracy()),
                Format.number(utility.millisPerImage()) + " ms",
                escape(String.join(", ", utility.offers()))));
      }
    }
    out.append('\n');
    line(
        out,
        List.of(
            "Defense",
            "Attack",
            "Access",
            "Success, of correctly classified",
            "Accuracy left, of all",
            "Positive control",
            "p against undefended",
            "Median queries to success"));
    line(out, List.of("---", "---", "---", "---", "---", "---", "---", "---"));
    for (Subject subject : group.subjects()) {
      for (Row row : analysis.rows()) {
        if (row.subject().equals(subject)) {
          row(out, row);
        }
      }
    }
    out.append('\n');
  }

  private static void row(StringBuilder out, Row row) {
    line(
        out,
        List.of(
            escape(Layout.shown(row.subject().defense())),
            escape(row.label()) + (row.adaptive() ? " (adaptive)" : ""),
            Format.access(row.attack().access()),
            Format.withInterval(row.success()),
            Format.withInterval(row.robust()),
            control(row.control()),
            Format.p(row.adjustedP()),
            Format.number(row.queries().medianOfSuccesses())));
  }

  static String control(Control control) {
    return switch (control) {
      case IS_CONTROL -> "is the control";
      case LANDED -> "landed";
      case WEAK -> "weak";
      case MISSED -> "missed";
      case ABSENT -> "absent";
    };
  }

  private void skipped(StringBuilder out) {
    List<String> reasons = new ArrayList<>();
    for (Entry.Skipped skip : analysis.ledger().skipped()) {
      reasons.add(skip.reason());
    }
    for (Entry.Failed failed : analysis.ledger().failed()) {
      reasons.add("failed: " + failed.error());
    }
    if (!reasons.isEmpty()) {
      out.append("## Not measured\n\n");
      reasons.stream()
          .distinct()
          .forEach(reason -> out.append("- ").append(escape(reason)).append('\n'));
    }
  }

  private static void line(StringBuilder out, List<String> cells) {
    out.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  /** Neither markup nor a table's bars nor a new line may come from a name. */
  static String escape(String text) {
    return Element.escape(text)
        .replaceAll("[\\r\\n\\t]", " ")
        .replaceAll("([\\\\|*_\\[\\]#~])", "\\\\$1");
  }
}
