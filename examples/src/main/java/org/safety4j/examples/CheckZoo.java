package org.safety4j.examples;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.safety4j.datasets.zoo.MiniFigure;
import org.safety4j.datasets.zoo.ZooCheck;

/** Measures every model of the zoo on held-out data and tells which figures are short. */
public final class CheckZoo {
  private static final String USAGE =
      """
      CheckZoo [MODEL...]: measures models of the zoo, all unless some are named, on data that they
      have not seen.

      Prints for each figure, separated by tabs: model, figure, value, the least it must be (- if it
      is only reported), ok or SHORT. Ends with 1 if a figure is short.
      """;

  private static final int SHORT = 1;
  private static final int WRONG_ARGUMENTS = 2;

  private CheckZoo() {}

  /**
   * Measures the models; ends the process with 1 if a figure is short, with 2 if a name is wrong.
   *
   * @param args names of models; see {@code --help}
   */
  public static void main(String[] args) {
    int code = run(args, Integer.MAX_VALUE, System.out, System.err);
    if (code != 0) {
      System.exit(code);
    }
  }

  static int run(String[] args, int most, PrintStream out, PrintStream err) {
    List<ZooCheck> checks = new ArrayList<>();
    for (String arg : args) {
      if (arg.equals("--help") || arg.equals("-h")) {
        out.print(USAGE);
        return 0;
      }
      try {
        checks.add(new ZooCheck(arg));
      } catch (IllegalArgumentException e) {
        err.println("CheckZoo: " + e.getMessage());
        return WRONG_ARGUMENTS;
      }
    }
    boolean ok = true;
    for (ZooCheck check : checks.isEmpty() ? ZooCheck.all() : checks) {
      for (MiniFigure figure : check.figures(most)) {
        out.println(check.id() + "\t" + fields(figure));
        ok &= figure.holds();
      }
      out.flush();
    }
    return ok ? 0 : SHORT;
  }

  private static String fields(MiniFigure figure) {
    String bound =
        Double.isNaN(figure.least()) ? "-" : String.format(Locale.ROOT, "%.3f", figure.least());
    return String.format(
        Locale.ROOT,
        "%s\t%.3f\t%s\t%s",
        figure.name(),
        figure.value(),
        bound,
        figure.holds() ? "ok" : "SHORT");
  }
}
