package org.safety4j.bench.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.bench.report.Report;
import org.safety4j.bench.stats.Doubt;
import org.safety4j.bench.stats.Row;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Detector;
import org.safety4j.core.defense.ImageShield;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.datasets.images.Digits;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.defenses.engine.detect.DifferentiableScore;
import org.safety4j.defenses.engine.detect.ImageDetector;
import org.safety4j.defenses.engine.detect.RejectingShield;
import org.safety4j.testkit.models.QuantisedClassifier;

/**
 * Defenses as people without experience write them, which name no attack: each looks as if it held
 * against PGD, and falls to what the library picks against it.
 */
class NaiveDefensesTest {
  private static final double EPSILON = 0.15;
  private static final Pgd PLAIN = Pgd.linf(EPSILON).withSteps(20);

  private static ImageClassifier.White model;
  private static LabeledImages images;
  private static LabeledImages held;

  @BeforeAll
  static void open() {
    model = Zoo.digitsCnn().open();
    images = Digits.test().first(24).open();
    held = Digits.train().first(300).open();
  }

  @AfterAll
  static void close() {
    held.close();
    images.close();
    model.close();
  }

  private static MethodInfo info(String id, Access access) {
    return MethodInfo.defense(id, access).named(id).cites("Test", 2026).build();
  }

  /** Masks gradients: pixels are rounded to the digits' own 17 levels. */
  private record Staircase() implements ImageShield.Differentiable {
    @Override
    public MethodInfo info() {
      return NaiveDefensesTest.info("naive-staircase", Access.BLACK_BOX);
    }

    @Override
    public <M extends ImageClassifier.Black> Protected<M> apply(M model, Class<M> rung, Run run) {
      QuantisedClassifier rounded = QuantisedClassifier.of((ImageClassifier.White) model, 16);
      return Protected.view(
          this, model, Access.restrict(rung.cast(rounded), rung, Budget.unlimited()), rung);
    }
  }

  /** Adds fresh noise to every image that it is asked about. */
  private record Noise(double sigma) implements ImageShield.Differentiable {
    @Override
    public MethodInfo info() {
      return NaiveDefensesTest.info("naive-noise", Access.BLACK_BOX);
    }

    @Override
    public <M extends ImageClassifier.Black> Protected<M> apply(M model, Class<M> rung, Run run) {
      Noisy noisy = new Noisy((ImageClassifier.White) model, sigma, run.rng().derive("noise"));
      return Protected.view(
          this, model, Access.restrict(rung.cast(noisy), rung, Budget.unlimited()), rung);
    }
  }

  private record Noisy(ImageClassifier.White inner, double sigma, Rng rng, AtomicLong calls)
      implements ImageClassifier.White {
    Noisy(ImageClassifier.White inner, double sigma, Rng rng) {
      this(inner, sigma, rng, new AtomicLong());
    }

    private NDArray noisy(NDArray x) {
      NDArray noise = rng.derive(calls.getAndIncrement()).normal(x.getManager(), x.getShape());
      return x.add(noise.mul((float) sigma));
    }

    @Override
    public NDArray logits(NDArray x) {
      try (Scope scope = Scope.open()) {
        return scope.keep(inner.logits(noisy(x)));
      }
    }

    @Override
    public Linearized linearize(NDArray x) {
      return inner.linearize(noisy(x));
    }

    @Override
    public List<String> layers() {
      return inner.layers();
    }

    @Override
    public NDArray features(NDArray x, String layer) {
      return inner.features(noisy(x), layer);
    }

    @Override
    public Shape inputShape() {
      return inner.inputShape();
    }

    @Override
    public NDManager manager() {
      return inner.manager();
    }

    @Override
    public int classes() {
      return inner.classes();
    }

    @Override
    public ModelCard card() {
      return ModelCard.named("noisy");
    }

    @Override
    public void close() {}
  }

  /** Rejects images that differ too much from what a median filter leaves of them. */
  private record Roughness() implements RejectingShield {
    static final DifferentiableScore SCORE =
        x -> Ops.clamp(x.sub(Ops.medianBlur(x, 3)).abs(), 0, 0.1).sum(new int[] {1, 2, 3});

    @Override
    public MethodInfo info() {
      return NaiveDefensesTest.info("naive-roughness", Access.BLACK_BOX);
    }

    @Override
    public Access access() {
      return Access.BLACK_BOX;
    }

    @Override
    public Detector<NDArray> detector(ImageClassifier.Black model, Run run) {
      return new ImageDetector(info(), SCORE)
          .calibrated(RejectingShield.heldImages(this, run).images(), 0.05);
    }
  }

  /** What is left of the accuracy under an attack. */
  private static double robust(Report report, String defense, boolean adaptive, String label) {
    return report.analysis().rows().stream()
        .filter(r -> r.subject().defense().equals(defense))
        .filter(r -> r.adaptive() == adaptive && r.label().startsWith(label))
        .mapToDouble(r -> r.robust().value())
        .min()
        .orElseThrow();
  }

  private static Run run() {
    return Run.seed(0).withBudget(Budget.queries(300)).withData(held);
  }

  @Test
  void maskedGradientsAreFlaggedAndFallToThoseOfTheUndefendedModel() {
    Protected<ImageClassifier.White> shield = new Staircase().apply(model, run());
    Robustness robustness = Robustness.of(shield).on(images).against(PLAIN).run(run());

    assertThat(robust(robustness.report(), "naive-staircase", false, "PGD")).isEqualTo(1);
    assertThat(robust(robustness.report(), "none", false, "PGD")).isLessThan(0.3);
    assertThat(robustness.adaptive())
        .containsExactly("EOT and BPDA Linf 0.15", "Square Attack Linf 0.15");
    assertThat(robust(robustness.report(), "naive-staircase", true, "EOT")).isLessThan(0.55);
    assertThat(robustness.robust().value()).isLessThan(0.5);
    assertThat(robustness.controlLanded()).isTrue();
    List<String> doubts = robustness.doubts().stream().map(Doubt::what).toList();
    assertThat(doubts)
        .anyMatch(d -> d.contains("gradient of exactly zero on 24 of 24 images"))
        .anyMatch(d -> d.contains("masked gradients: zero at every step for 24 of 24"))
        .anyMatch(d -> d.contains("which sees no gradient, wins more than PGD"));
  }

  /** Half of the images seem to be saved; a third of those fall to the mean of ten gradients. */
  @Test
  void noiseFallsToTheExpectation() {
    Protected<ImageClassifier.White> shield = new Noise(0.2).apply(model, run());
    Robustness robustness = Robustness.of(shield).on(images).against(PLAIN).run(run());

    double plain = robust(robustness.report(), "naive-noise", false, "PGD");
    assertThat(robustness.clean().value()).isGreaterThan(0.8);
    assertThat(plain).isGreaterThan(0.4);
    assertThat(robust(robustness.report(), "none", false, "PGD")).isLessThan(0.3);
    assertThat(robustness.adaptive()).containsExactly("EOT and BPDA Linf 0.15");
    assertThat(robust(robustness.report(), "naive-noise", true, "EOT")).isLessThan(plain - 0.1);
  }

  /** The plain attack does not fit the shield, so its images are taken from the bare model. */
  @Test
  void detectorFallsToTheAttackThatKnowsItsScore() {
    Protected<ImageClassifier.Black> shield = new Roughness().apply(model, run());
    int fooled = 0;
    try (EvasionResult plain = PLAIN.run(model, images, run())) {
      int[] answers = shield.model().labels(plain.adversarials());
      for (int i = 0; i < answers.length; i++) {
        boolean wrong = answers[i] != images.labels()[i];
        fooled += wrong && answers[i] != ImageClassifier.Black.REJECTED ? 1 : 0;
      }
      assertThat(plain.successRate().value()).isGreaterThan(0.8);
    }
    Robustness robustness = Robustness.of(shield).on(images).against(PLAIN).run(run());

    assertThat(fooled).isLessThan(10);
    assertThat(robustness.adaptive()).containsExactly("EOT and BPDA Linf 0.15");
    assertThat(robustness.robust().value()).isLessThan(0.45);
  }

  /** A score without gradients: the search follows the bare model and heeds the verdicts. */
  @Test
  void detectorWithoutGradientsIsAttackedByItsVerdicts() {
    Protected<ImageClassifier.Black> shield = new Opaque().apply(model, run());
    Robustness robustness = Robustness.of(shield).on(images).against(PLAIN).run(run());
    assertThat(robustness.adaptive()).containsExactly("EOT and BPDA Linf 0.15");
    assertThat(robustness.robust().value()).isLessThan(0.85); // 0.67 when measured
  }

  private record Opaque() implements RejectingShield {
    @Override
    public MethodInfo info() {
      return NaiveDefensesTest.info("naive-opaque", Access.BLACK_BOX);
    }

    @Override
    public Access access() {
      return Access.BLACK_BOX;
    }

    @Override
    public Detector<NDArray> detector(ImageClassifier.Black model, Run run) {
      return new ImageDetector(info(), x -> Roughness.SCORE.of(x))
          .calibrated(RejectingShield.heldImages(this, run).images(), 0.05);
    }
  }

  @Test
  void campaignPicksForEachDefenseWhatAdaptsToIt() {
    Report report =
        Campaign.named("naive")
            .models(Zoo.digitsCnn())
            .on(Digits.test().first(8))
            .withData(Digits.train().first(300))
            .attacks(PLAIN)
            .defenses(new Staircase(), new Noise(0.2), new Roughness())
            .draws(1)
            .budget(Budget.queries(300))
            .run(Workers.local(1));
    assertThat(report.analysis().ledger().failed()).isEmpty();
    for (String defense : List.of("naive-staircase", "naive-noise", "naive-roughness")) {
      assertThat(robust(report, defense, true, "EOT and BPDA")).isLessThan(0.7);
    }
    assertThat(robust(report, "naive-staircase", true, "Square")).isLessThan(0.7);
    assertThat(report.analysis().rows().stream().filter(Row::adaptive)).hasSize(4);
    assertThat(report.analysis().doubts())
        .anyMatch(d -> d.what().contains("gradient of exactly zero on 8 of 8 images"));
  }
}
