package org.safety4j.bench.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnalysisTest {
  private static final int[] LABELS = {0, 1, 0, 1};
  private static final MethodRef NONE = method("none", "none", "BLACK_BOX", null, "{}");
  private static final MethodRef SHIELD = method("shield", "Shield", "BLACK_BOX", null, "{}");
  private static final MethodRef PGD = method("pgd", "PGD", "WHITE_BOX", 0.1, "{\"steps\":20}");

  private static MethodRef method(
      String id, String name, String access, Double epsilon, String config) {
    return new MethodRef(id, name, config, access, epsilon == null ? null : "LINF", epsilon, "");
  }

  private static Ledger ledger() {
    Ledger ledger = new Ledger();
    ledger.add(new Entry.Data("d", "sum", new long[] {1, 2, 2}, LABELS, List.of()));
    return ledger;
  }

  private static Cell cell(MethodRef defense, MethodRef attack, long seed) {
    return new Cell("d", "sum", "m", defense, attack, seed, 0, "h", "b", "v");
  }

  private static Entry.Baseline baseline(MethodRef defense, int... predictions) {
    return new Entry.Baseline(
        cell(defense, null, 0), predictions, List.of(), List.of(), List.of(), false, 0, 0, 2, 0.1);
  }

  private static Entry.Attacked attacked(Cell cell, int[] before, int[] after, float[] distance) {
    return new Entry.Attacked(
        cell,
        before,
        after,
        after,
        new boolean[] {true, true, true, true},
        distance,
        distance,
        distance,
        "LINF",
        new long[] {3, 7, 11, 20},
        0,
        41,
        41,
        0.5,
        new double[0],
        List.of(),
        List.of(),
        List.of());
  }

  private static final float[] NEAR = {0.05f, 0.1f, 0.1f, 0.1f};

  @Test
  void denominatorsAreCorrectImagesForSuccessAndAllForAccuracy() {
    Ledger ledger = ledger();
    ledger.add(baseline(NONE, 0, 1, 0, 0));
    ledger.add(attacked(cell(NONE, PGD, 0), new int[] {0, 1, 0, 0}, new int[] {1, 1, 1, 0}, NEAR));
    Row row = Analysis.of(ledger).rows().get(0);
    assertThat(row.label()).isEqualTo("PGD Linf 0.1");
    assertThat(row.success().value()).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(row.success().trials()).isEqualTo(3);
    assertThat(row.success().denominator()).isEqualTo("correctly classified images");
    assertThat(row.robust().value()).isEqualTo(0.25);
    assertThat(row.robust().trials()).isEqualTo(4);
    assertThat(row.clean().value()).isEqualTo(0.75);
    assertThat(row.queries().medianOfSuccesses()).isEqualTo(7);
    assertThat(row.meanQueries()).isEqualTo(7);
  }

  @Test
  void refusedImagesAreNoSuccess() {
    Ledger ledger = ledger();
    ledger.add(baseline(NONE, LABELS));
    ledger.add(attacked(cell(NONE, PGD, 0), LABELS, new int[] {-1, 0, -1, 1}, NEAR));
    assertThat(Analysis.of(ledger).rows().get(0).success().value()).isEqualTo(0.25);
  }

  @Test
  void controlIsTheSameConfigurationOnTheUndefendedModel() {
    Ledger ledger = ledger();
    MethodRef weak = method("pgd", "PGD", "WHITE_BOX", 0.1, "{\"steps\":1}");
    ledger.add(baseline(NONE, LABELS));
    ledger.add(baseline(SHIELD, LABELS));
    ledger.add(attacked(cell(NONE, PGD, 0), LABELS, new int[] {1, 0, 0, 1}, NEAR));
    ledger.add(attacked(cell(NONE, weak, 0), LABELS, LABELS, NEAR));
    ledger.add(attacked(cell(SHIELD, PGD, 0), LABELS, LABELS, NEAR));
    ledger.add(attacked(cell(SHIELD, weak, 0), LABELS, LABELS, NEAR));
    Analysis analysis = Analysis.of(ledger);
    Subject shielded = new Subject("d", "m", "Shield");
    Row strong = analysis.row(shielded, "PGD Linf 0.1 (steps 20)").orElseThrow();
    assertThat(strong.control()).isEqualTo(Control.LANDED);
    assertThat(strong.againstUndefended().onlyFirst()).isEqualTo(2);
    assertThat(strong.againstUndefended().onlySecond()).isZero();
    assertThat(analysis.row(shielded, "PGD Linf 0.1 (steps 1)").orElseThrow().control())
        .isEqualTo(Control.MISSED);
  }

  @Test
  void worstCaseCombinesAttacksImageByImageWithinTheBall() {
    Ledger ledger = ledger();
    MethodRef other = method("square", "Square", "GRAY_BOX", 0.1, "{}");
    ledger.add(baseline(NONE, LABELS));
    ledger.add(attacked(cell(NONE, PGD, 0), LABELS, new int[] {1, 1, 0, 1}, NEAR));
    ledger.add(attacked(cell(NONE, other, 0), LABELS, new int[] {0, 0, 0, 1}, NEAR));
    Analysis analysis = Analysis.of(ledger);
    Subject plain = new Subject("d", "m", "none");
    assertThat(left(analysis, plain, 0.1)).isEqualTo(0.5);
    assertThat(left(analysis, plain, 0.05)).isEqualTo(0.75);
    assertThat(left(analysis, plain, 0.04)).isEqualTo(1);
    assertThat(analysis.radii("d")).containsExactly(new Analysis.Radius("LINF", 0.1));
  }

  private static double left(Analysis analysis, Subject subject, double radius) {
    return analysis
        .worst(subject, new Analysis.Radius("LINF", radius))
        .orElseThrow()
        .robust()
        .value();
  }

  @Test
  void attackWithoutBallWinsAnImageWhenItComesNearEnough() {
    Ledger ledger = ledger();
    MethodRef free = method("hsj", "HSJ", "BLACK_BOX", null, "{}");
    ledger.add(baseline(NONE, LABELS));
    ledger.add(attacked(cell(NONE, PGD, 0), LABELS, LABELS, NEAR));
    Entry.Attacked won = attacked(cell(NONE, free, 0), LABELS, new int[] {1, 0, 1, 1}, NEAR);
    ledger.add(
        new Entry.Attacked(
            won.cell(),
            won.before(),
            won.after(),
            won.rounded(),
            won.valid(),
            won.linf(),
            won.l2(),
            won.distance(),
            won.norm(),
            won.queries(),
            3,
            41,
            0,
            1,
            won.lossTrace(),
            List.of(
                new Entry.Trace(new long[] {10, 40}, new float[] {0.5f, 0.1f}),
                new Entry.Trace(new long[] {20, 60, 90}, new float[] {0.4f, 0.09f, 0.01f}),
                new Entry.Trace(new long[] {5}, new float[] {0.3f}),
                new Entry.Trace(new long[0], new float[0])),
            List.of(),
            List.of()));
    Row row = Analysis.of(ledger).rows().get(1);
    assertThat(row.queriesRadius()).isEqualTo(0.1);
    assertThat(row.queries().within(39).value()).isZero();
    assertThat(row.queries().within(40).value()).isEqualTo(0.25);
    assertThat(row.queries().within(1000).value()).isEqualTo(0.5);
  }

  @Test
  void severalSeedsAreAveragedAndDoNotNarrowTheInterval() {
    Ledger ledger = ledger();
    ledger.add(baseline(NONE, LABELS));
    for (int seed = 0; seed < 4; seed++) {
      int[] after = seed % 2 == 0 ? new int[] {1, 1, 0, 1} : LABELS;
      ledger.add(attacked(cell(NONE, PGD, seed), LABELS, after, NEAR));
    }
    Row row = Analysis.of(ledger).rows().get(0);
    assertThat(row.success().value()).isEqualTo(0.125);
    assertThat(row.success().repeats()).isEqualTo(4);
    assertThat(row.success().trials()).isEqualTo(4);
    assertThat(row.success()).asString().contains("of 4 correctly classified images, mean of 4");
  }

  @Test
  void journalsOrderDoesNotMatterOnceSorted() {
    Ledger forwards = ledger();
    Ledger backwards = ledger();
    List<Entry> entries =
        List.of(
            baseline(NONE, LABELS),
            baseline(SHIELD, LABELS),
            attacked(cell(NONE, PGD, 0), LABELS, LABELS, NEAR),
            attacked(cell(SHIELD, PGD, 0), LABELS, LABELS, NEAR));
    Entry.Session session =
        new Entry.Session("c", "t", Map.of(), List.of("m"), List.of(NONE, SHIELD), List.of(PGD));
    forwards.add(session);
    backwards.add(session);
    entries.forEach(forwards::add);
    for (int i = entries.size() - 1; i >= 0; i--) {
      backwards.add(entries.get(i));
    }
    assertThat(Analysis.of(backwards.sorted()).subjects())
        .isEqualTo(Analysis.of(forwards).subjects());
  }

  @Test
  void laterResultReplacesAFailure() {
    Ledger ledger = ledger();
    Cell cell = cell(NONE, PGD, 0);
    ledger.add(new Entry.Failed(cell, "out of memory"));
    assertThat(ledger.finished(cell)).isFalse();
    ledger.add(attacked(cell, LABELS, LABELS, NEAR));
    assertThat(ledger.finished(cell)).isTrue();
    assertThat(ledger.failed()).isEmpty();
  }

  @Test
  void radiiAreWrittenAsPeopleDo() {
    assertThat(Labels.radius(8 / 255.0)).isEqualTo("8/255");
    assertThat(Labels.radius(0.1)).isEqualTo("0.1");
    assertThat(Labels.radius(0.2)).isEqualTo("0.2");
    assertThat(Labels.radius(3)).isEqualTo("3");
  }
}
