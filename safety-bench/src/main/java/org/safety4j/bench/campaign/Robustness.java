package org.safety4j.bench.campaign;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.safety4j.bench.report.Report;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Cell;
import org.safety4j.bench.stats.Doubt;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.Figure;
import org.safety4j.bench.stats.Ledger;
import org.safety4j.bench.stats.Row;
import org.safety4j.bench.stats.Subject;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.defense.Shield;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Provenance;
import org.safety4j.core.run.Run;

/**
 * Whether one protected model holds: its accuracy under the attacks that were asked for and under
 * those that adapt to its defense, with the same attacks on the undefended model as positive
 * control. A defense names attacks that adapt to it; more are picked for what it does: where it has
 * no gradient, hides it, or varies its answers, a search along the mean of several gradients, if
 * need be the undefended model's; where its gradient is zero, also one by queries; where it
 * rejects, one whose loss holds the detector's score.
 *
 * <pre>{@code
 * Protected<ImageClassifier.White> jpeg = JpegCompression.quality(60).apply(vit, Run.seed(0));
 * Robustness robustness = Robustness.of(jpeg).on(images).against(Pgd.linf(0.1)).run(Run.seed(0));
 * robustness.toString();
 * // clean 0.920 [0.874, 0.950], robust 0.310 [0.250, 0.377] (adaptive: BPDA), positive control
 * // landed: yes
 * }</pre>
 *
 * <p>Immutable. For many models, defenses or seeds, and for work that must survive a kill, see
 * {@link Campaign}.
 */
public final class Robustness {
  private final Report report;
  private final Subject subject;

  private Robustness(Report report, Subject subject) {
    this.report = report;
    this.subject = subject;
  }

  /**
   * Asks about a protected model.
   *
   * @param model the model; stays the caller's, and so does what it protects
   * @return the question, to be completed
   */
  public static Question of(Protected<? extends ImageClassifier.Black> model) {
    ImageClassifier.Black original =
        model.original() instanceof ImageClassifier.Black classifier ? classifier : null;
    return new Question(model.model(), original, model.by(), null, List.of());
  }

  /**
   * Asks about a model without defense.
   *
   * @param model the model; stays the caller's
   * @return the question, to be completed
   */
  public static Question of(ImageClassifier.Black model) {
    return new Question(model, model, None.defense(), null, List.of());
  }

  /** A question about a model's robustness. Immutable: each method gives a changed copy. */
  public static final class Question {
    private final ImageClassifier.Black model;
    private final ImageClassifier.Black original;
    private final Defense<?, ?> by;
    private final LabeledImages images;
    private final List<EvasionAttack<?>> attacks;

    private Question(
        ImageClassifier.Black model,
        ImageClassifier.Black original,
        Defense<?, ?> by,
        LabeledImages images,
        List<EvasionAttack<?>> attacks) {
      this.model = model;
      this.original = original;
      this.by = by;
      this.images = images;
      this.attacks = attacks;
    }

    /**
     * Sets the images to attack.
     *
     * @param value the images; stay the caller's
     * @return a copy
     */
    public Question on(LabeledImages value) {
      return new Question(model, original, by, Objects.requireNonNull(value, "images"), attacks);
    }

    /**
     * Sets the attacks. Those that adapt to the defense are run whether named or not.
     *
     * @param values the attacks
     * @return a copy
     */
    public Question against(EvasionAttack<?>... values) {
      return new Question(model, original, by, images, List.copyOf(Arrays.asList(values)));
    }

    /**
     * Measures.
     *
     * @param run seed, budget of each attack, cancellation, and data where the defense needs some
     * @return the answer
     * @throws IllegalArgumentException if images or attacks are missing
     * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
     */
    public Robustness run(Run run) {
      Require.that(images != null, "images to attack are missing; call on(...)");
      Require.that(!attacks.isEmpty(), "attacks are missing; call against(...)");
      return new Asked(this, run).answer();
    }
  }

  /** Works on one question. */
  private static final class Asked {
    private final Question question;
    private final Run run;
    private final String name;
    private final Ledger ledger = new Ledger();

    Asked(Question question, Run run) {
      this.question = question;
      this.run = run;
      ImageClassifier.Black named = question.original == null ? question.model : question.original;
      this.name = named.card().name();
    }

    Robustness answer() {
      LabeledImages images = question.images;
      ledger.add(
          new Entry.Data(
              images.name(),
              images.checksum(),
              images.images().getShape().slice(1).getShape(),
              images.labels(),
              images.classNames()));
      boolean defended = question.by != None.defense();
      try (Measured undefended =
              question.original == null ? null : new Measured(None.defense(), question.original);
          Measured shown = defended ? new Measured(question.by, question.model) : null) {
        Measured last = defended ? shown : undefended;
        List<EvasionAttack<?>> attacks = attacks(last.baseline);
        if (undefended != null) {
          undefended.attack(attacks);
        }
        if (defended) {
          shown.attack(attacks);
        }
      }
      Report report = Report.of(name, ledger);
      List<Subject> subjects = report.analysis().subjects();
      return new Robustness(report, subjects.get(subjects.size() - 1));
    }

    private List<EvasionAttack<?>> attacks(Entry.Baseline baseline) {
      LinkedHashSet<EvasionAttack<?>> all = new LinkedHashSet<>(question.attacks);
      all.addAll(new Adaptive(question.attacks).of(baseline.adaptive(), baseline.random()));
      return new ArrayList<>(all);
    }

    /** A model without attack, and then under attack. */
    private final class Measured implements AutoCloseable {
      private final Defense<?, ?> defense;
      private final ImageClassifier.Black model;
      private final Judge judge;
      private final Cell cell;
      private final Entry.Baseline baseline;

      Measured(Defense<?, ?> defense, ImageClassifier.Black model) {
        this.defense = defense;
        this.model = model;
        this.cell =
            new Cell(
                question.images.name(),
                question.images.checksum(),
                name,
                Refs.loosely(defense, 0),
                null,
                run.seed(),
                0,
                "",
                run.budget().toString(),
                Provenance.describeEnvironment().get("safety4j"));
        this.judge = Judge.of(defense, question.original, model, run);
        try {
          this.baseline =
              Measure.baseline(
                  cell, defense, question.original, model, judge.model(), question.images);
        } catch (RuntimeException e) {
          judge.close();
          throw e;
        }
      }

      void attack(List<EvasionAttack<?>> attacks) {
        ledger.add(baseline);
        ImageClassifier.Black answers = baseline.random() ? judge.model() : model;
        int[] before =
            baseline.random()
                ? Measure.answers(answers, question.images.images())
                : baseline.predictions();
        for (int i = 0; i < attacks.size(); i++) {
          attack(i, attacks.get(i), answers, before);
        }
      }

      private void attack(
          int number, EvasionAttack<?> attack, ImageClassifier.Black answers, int[] before) {
        Cell own = cell.withAttack(Refs.loosely(attack, number));
        Optional<ImageClassifier.Black> target =
            Defending.target(attack, defense, question.original, model, baseline, run);
        if (target.isEmpty()) {
          ledger.add(
              new Entry.Skipped(
                  own,
                  "attack needs "
                      + Rungs.name(attack.requires())
                      + ", "
                      + name
                      + " offers "
                      + baseline.highest()));
          return;
        }
        ledger.add(
            Measure.attacked(
                own, attack, target.get(), answers, before, question.images, run.budget(), run));
      }

      @Override
      public void close() {
        judge.close();
      }
    }
  }

  /** A second draw of a shield, by which a random one is judged. */
  private record Judge(ImageClassifier.Black model, Protected<?> owned) implements AutoCloseable {
    static Judge of(
        Defense<?, ?> defense,
        ImageClassifier.Black original,
        ImageClassifier.Black shown,
        Run run) {
      if (original == null || !(defense instanceof Shield<?>)) {
        return new Judge(shown, null);
      }
      try {
        Protected<?> drawn = Defending.apply(defense, original, run.part("judge"));
        return new Judge((ImageClassifier.Black) drawn.model(), drawn);
      } catch (Defending.Unfit e) {
        return new Judge(shown, null);
      }
    }

    @Override
    public void close() {
      if (owned != null) {
        owned.close();
      }
    }
  }

  /**
   * The accuracy without attack.
   *
   * @return share of all images
   */
  public Figure clean() {
    return report.analysis().utilities().stream()
        .filter(utility -> utility.subject().equals(subject))
        .findFirst()
        .orElseThrow()
        .accuracy();
  }

  /**
   * The accuracy left when every image is attacked by whatever attack works best on it.
   *
   * @return share of all images
   */
  public Figure robust() {
    return report
        .analysis()
        .worst(subject, new Analysis.Radius("LINF", Double.POSITIVE_INFINITY))
        .map(worst -> worst.robust())
        .orElse(clean());
  }

  /**
   * The attacks that ran because they adapt to the defense.
   *
   * @return their labels
   */
  public List<String> adaptive() {
    return report.analysis().rows().stream()
        .filter(row -> row.subject().equals(subject) && row.adaptive())
        .map(Row::label)
        .toList();
  }

  /**
   * Whether any of the attacks landed on the undefended model: without that the robust accuracy
   * says nothing.
   *
   * @return whether one did
   */
  public boolean controlLanded() {
    return report
        .analysis()
        .worst(subject, new Analysis.Radius("LINF", Double.POSITIVE_INFINITY))
        .map(worst -> !worst.doubtful())
        .orElse(false);
  }

  /**
   * Why the figures should not be taken at face value.
   *
   * @return the doubts; empty if there is none
   */
  public List<Doubt> doubts() {
    return report.analysis().doubts();
  }

  /**
   * Every figure, attack by attack.
   *
   * @return the report
   */
  public Report report() {
    return report;
  }

  /** The answer in a line. */
  @Override
  public String toString() {
    List<String> adaptive = adaptive();
    String text =
        String.format(
            Locale.ROOT,
            "clean %.3f %s, robust %.3f %s%s, positive control landed: %s",
            clean().value(),
            clean().interval(),
            robust().value(),
            robust().interval(),
            adaptive.isEmpty() ? "" : " (adaptive: " + String.join(", ", adaptive) + ")",
            controlLanded() ? "yes" : "no");
    int doubts = doubts().size();
    return doubts == 0 ? text : text + ", " + doubts + (doubts == 1 ? " doubt" : " doubts");
  }
}
