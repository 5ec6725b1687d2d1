package org.safety4j.bench.stats;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeSet;
import org.safety4j.core.metric.PairedTest;

/**
 * The checks that tell apparent robustness from real one.
 *
 * <p><b>Source</b>: N. Carlini et al., "On Evaluating Adversarial Robustness", arXiv:1902.06705,
 * 2019; A. Athalye, N. Carlini and D. Wagner, "Obfuscated Gradients Give a False Sense of
 * Security", International Conference on Machine Learning, 2018.
 */
final class Doubts {
  private static final double SIGNIFICANT = 0.01;
  private static final String WHITE = "WHITE_BOX";

  private final Analysis analysis;
  private final List<Doubt> doubts = new ArrayList<>();

  Doubts(Analysis analysis) {
    this.analysis = analysis;
  }

  List<Doubt> list() {
    analysis.utilities().forEach(this::gradients);
    analysis.rows().forEach(this::row);
    analysis.subjects().forEach(this::masking);
    analysis.subjects().forEach(this::monotone);
    nothingLanded();
    adaptiveMissing();
    return List.copyOf(doubts);
  }

  private void add(Object where, String text, Object... arguments) {
    Doubt doubt = new Doubt(where.toString(), String.format(Locale.ROOT, text, arguments));
    if (!doubts.contains(doubt)) {
      doubts.add(doubt);
    }
  }

  private void gradients(Utility utility) {
    long n = utility.accuracy().trials();
    if (utility.zeroGradients() > 0) {
      add(
          utility.subject(),
          "the loss has a gradient of exactly zero on %d of %d images; gradient attacks are blind"
              + " there, and their failure is no robustness",
          utility.zeroGradients(),
          n);
    }
    if (utility.badGradients() > 0) {
      add(
          utility.subject(),
          "the loss has NaN or infinite gradients on %d of %d images",
          utility.badGradients(),
          n);
    }
  }

  private void row(Row row) {
    String where = row.subject() + ", " + row.label();
    Tally tally = analysis.tally(row);
    boolean nothing = row.success().value() == 0 && landedAnywhere(row.label());
    if (nothing && row.control() == Control.MISSED) {
      add(where, "0 %%, but the attack wins nothing on the undefended model either: no evidence");
    }
    if (nothing && row.control() == Control.WEAK) {
      add(where, "0 %%, but the attack wins under 10 %% on the undefended model: weak evidence");
    }
    if (nothing && row.control() == Control.ABSENT) {
      add(where, "0 %%, and the attack was not run on the undefended model: no evidence");
    }
    if (tally.invalid() > 0) {
      add(
          where,
          "%d adversarial images were not finite, not in [0, 1] or outside the attack's ball, and"
              + " count as failures",
          tally.invalid());
    }
    if (tally.unconfirmed() > 0 && !random(row.subject())) {
      add(
          where,
          "%d successes that the attack reported did not hold when its images were classified again",
          tally.unconfirmed());
    }
    if (row.success().value() - row.rounded().value() > 0.1) {
      add(
          where,
          "%.0f %% of successes become %.0f %% once images are rounded to 8 bits, as a picture file"
              + " would be",
          100 * row.success().value(),
          100 * row.rounded().value());
    }
    LinkedHashSet<String> own = new LinkedHashSet<>();
    tally.cells().forEach(cell -> own.addAll(cell.warnings()));
    own.forEach(warning -> add(where, "%s", warning));
  }

  /** An attack that sees less must not do better: where it does, gradients mislead. */
  private void masking(Subject subject) {
    List<Row> rows = on(subject);
    for (Row blind : rows) {
      for (Row seeing : rows) {
        boolean comparable =
            !blind.attack().access().equals(WHITE)
                && seeing.attack().access().equals(WHITE)
                && blind.attack().norm() != null
                && blind.attack().norm().equals(seeing.attack().norm())
                && Objects.equals(blind.attack().epsilon(), seeing.attack().epsilon());
        if (!comparable) {
          continue;
        }
        PairedTest test = PairedTest.of(analysis.won(blind), analysis.won(seeing));
        if (test.difference() > 0 && test.midP() < SIGNIFICANT) {
          add(
              subject,
              "%s, which sees no gradient, wins more than %s, which does (%.0f %% against %.0f %%,"
                  + " p = %.2g): gradients are masked or the white-box attack is too weak",
              blind.label(),
              seeing.label(),
              100 * blind.success().value(),
              100 * seeing.success().value(),
              test.midP());
        }
      }
    }
  }

  /** A larger ball must not help less. */
  private void monotone(Subject subject) {
    List<Row> rows = on(subject);
    for (Row small : rows) {
      for (Row large : rows) {
        boolean comparable =
            small.attack().id().equals(large.attack().id())
                && small.attack().norm() != null
                && small.attack().norm().equals(large.attack().norm())
                && small.attack().epsilon() < large.attack().epsilon();
        if (!comparable) {
          continue;
        }
        PairedTest test = PairedTest.of(analysis.won(small), analysis.won(large));
        if (test.difference() > 0 && test.midP() < SIGNIFICANT) {
          add(subject, "%s wins more than %s: the search fails", small.label(), large.label());
        }
      }
    }
  }

  private List<Row> on(Subject subject) {
    return analysis.rows().stream().filter(row -> row.subject().equals(subject)).toList();
  }

  private boolean landedAnywhere(String attack) {
    return analysis.rows().stream()
        .filter(row -> row.label().equals(attack))
        .anyMatch(row -> row.success().value() > 0);
  }

  /** A random defense answers anew: what an attack saw does not have to hold. */
  private boolean random(Subject subject) {
    return analysis.utilities().stream()
        .anyMatch(utility -> utility.subject().equals(subject) && utility.random());
  }

  private void nothingLanded() {
    for (String attack : analysis.attacks()) {
      if (!landedAnywhere(attack)) {
        add(attack, "won no image of any model in this campaign; its figures say nothing");
      }
    }
  }

  private void adaptiveMissing() {
    for (Entry.Baseline baseline : analysis.ledger().baselines()) {
      Subject subject = analysis.subject(baseline.cell());
      TreeSet<String> missing = new TreeSet<>(baseline.adaptive());
      on(subject).forEach(row -> missing.remove(row.attack().id()));
      if (!missing.isEmpty()) {
        add(
            subject.defense(),
            "%s would adapt to the defense, but did not run here; its figures are not final",
            String.join(", ", missing));
      }
    }
  }
}
