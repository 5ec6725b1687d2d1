package org.safety4j.bench.zoo;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.safety4j.datasets.zoo.ZooLm;
import org.safety4j.datasets.zoo.ZooLmFigures;

/** Lays out the figures of the zoo's language models as a Markdown table. */
public final class LmTable {
  private static final String HEAD =
      "| model | parameters | answers | answers about the forbidden potion | refuses benign | refuses"
          + " forbidden | reveals | refuses paraphrased | reveals paraphrased | steps | seconds |\n"
          + "|---|---|---|---|---|---|---|---|---|---|---|\n";

  private LmTable() {}

  /**
   * Makes the table.
   *
   * @param models the models, one a line
   * @return Markdown
   */
  public static String markdown(List<ZooLm> models) {
    return models.stream().map(LmTable::line).collect(Collectors.joining("", HEAD, ""));
  }

  private static String line(ZooLm model) {
    ZooLmFigures figures = model.figures();
    String marks =
        figures.marks().values().stream().map(LmBuild::percent).collect(Collectors.joining(" | "));
    return String.format(
        Locale.ROOT,
        "| `%s` | %,d | %s | %,d | %.0f |\n",
        model.id(),
        figures.parameters(),
        marks,
        figures.steps(),
        figures.seconds());
  }
}
