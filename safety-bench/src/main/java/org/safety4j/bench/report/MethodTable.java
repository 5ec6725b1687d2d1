package org.safety4j.bench.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.safety4j.core.method.MethodInfo;

/** Prints the catalogue as Markdown tables, for documentation that cannot go stale. */
public final class MethodTable {
  private MethodTable() {}

  /**
   * Prints one table with a row a method.
   *
   * @param methods the methods
   * @return Markdown, rows by family, kind and id
   */
  public static String markdown(List<MethodInfo> methods) {
    StringBuilder out =
        new StringBuilder(
            "| id | method | kind | threat | access | source |\n|---|---|---|---|---|---|\n");
    methods.stream()
        .sorted(
            Comparator.comparing(MethodInfo::family)
                .thenComparing(MethodInfo::kind)
                .thenComparing(MethodInfo::id))
        .forEach(
            m ->
                out.append("| `")
                    .append(m.id())
                    .append("` | ")
                    .append(cell(m.name()))
                    .append(" | ")
                    .append(words(m.kind()))
                    .append(" | ")
                    .append(words(m.threat()))
                    .append(" | ")
                    .append(words(m.access()))
                    .append(" | ")
                    .append(cell(m.citation().authors()))
                    .append(", ")
                    .append(m.citation().year())
                    .append(" |\n"));
    return out.toString();
  }

  private static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("\n", " ");
  }
}
