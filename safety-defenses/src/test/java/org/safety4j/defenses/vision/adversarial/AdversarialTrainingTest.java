package org.safety4j.defenses.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.defense.Hardening;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.run.CancelToken;
import org.safety4j.core.run.Run;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.defenses.RobustFeature;
import org.safety4j.testkit.DefenseContract;

class AdversarialTrainingTest {
  private static LabeledImages train;
  private static LabeledImages test;

  @BeforeAll
  static void open() {
    train = RobustFeature.data(400, 1);
    test = RobustFeature.data(400, 2);
  }

  @AfterAll
  static void close() {
    train.close();
    test.close();
  }

  static Stream<Hardening<ClassifierRecipe, LabeledImages, ImageClassifier.White>> defenses() {
    return Stream.of(
        PgdAdversarialTraining.linf(RobustFeature.EPSILON).withSteps(4).withStepShare(0.5),
        PgdAdversarialTraining.linf(RobustFeature.EPSILON)
            .withSteps(4)
            .withStepShare(0.5)
            .inTrainingMode(),
        Trades.linf(RobustFeature.EPSILON).withSteps(4).withStepShare(0.5),
        Mart.linf(RobustFeature.EPSILON).withSteps(8),
        AdversarialWeightPerturbation.on(
            Trades.linf(RobustFeature.EPSILON).withSteps(4).withStepShare(0.5)),
        FastAdversarialTraining.linf(RobustFeature.EPSILON),
        FastAdversarialTraining.free(RobustFeature.EPSILON, 4));
  }

  /**
   * The control: the attack takes everything from a standard model, which is the better one without
   * it.
   */
  @ParameterizedTest
  @MethodSource("defenses")
  void robustTrainingKeepsTheFeatureThatTheAttackCannotTurn(
      Hardening<ClassifierRecipe, LabeledImages, ImageClassifier.White> defense) {
    try (TrainableClassifier standard = RobustFeature.linear(10).train(train, Run.seed(0));
        Protected<ImageClassifier.White> robust =
            defense.apply(RobustFeature.linear(10), train, Run.seed(0))) {
      assertThat(RobustFeature.clean(standard, test)).isGreaterThan(0.97);
      assertThat(RobustFeature.robust(standard, test)).isLessThan(0.05);

      assertThat(RobustFeature.clean(robust.model(), test)).isGreaterThan(0.85);
      assertThat(RobustFeature.robust(robust.model(), test)).isBetween(0.8, 0.95);
      assertThat(robust.by()).isEqualTo(defense);
    }
  }

  @ParameterizedTest
  @MethodSource("defenses")
  void sameSeedGivesTheSameWeightsAndAnotherSeedOthers(
      Hardening<ClassifierRecipe, LabeledImages, ImageClassifier.White> defense) {
    float[] first = weights(defense, 7);

    assertThat(weights(defense, 7)).isEqualTo(first);
    assertThat(weights(defense, 8)).isNotEqualTo(first);
  }

  private static float[] weights(
      Hardening<ClassifierRecipe, LabeledImages, ImageClassifier.White> defense, long seed) {
    try (Protected<ImageClassifier.White> robust =
        defense.apply(RobustFeature.linear(1), train, Run.seed(seed))) {
      NDArray weight = ((TrainableClassifier) robust.model()).parameters().get("2.weight");
      return weight.toFloatArray();
    }
  }

  /** With nothing to search for, what is left is standard training. */
  @Test
  void withoutWeightOrWithoutABallItIsStandardTraining() {
    try (TrainableClassifier standard = RobustFeature.linear(2).train(train, Run.seed(3))) {
      float[] expected = standard.parameters().get("2.weight").toFloatArray();

      assertThat(weights2(Trades.linf(0.1).withBeta(0), 3))
          .usingComparatorWithPrecision(1e-5f)
          .containsExactly(expected);
      assertThat(weights2(PgdAdversarialTraining.linf(1e-7).withSteps(1), 3))
          .usingComparatorWithPrecision(1e-3f)
          .containsExactly(expected);
      assertThat(weights2(PgdAdversarialTraining.linf(0.1).withSteps(1), 3)).isNotEqualTo(expected);
    }
  }

  private static float[] weights2(
      Hardening<ClassifierRecipe, LabeledImages, ImageClassifier.White> defense, long seed) {
    try (Protected<ImageClassifier.White> robust =
        defense.apply(RobustFeature.linear(2), train, Run.seed(seed))) {
      return ((TrainableClassifier) robust.model()).parameters().get("2.weight").toFloatArray();
    }
  }

  @Test
  void betaTradesAccuracyForRobustness() {
    List<Double> gaps = new ArrayList<>();
    for (double beta : new double[] {0.05, 6}) {
      try (Protected<ImageClassifier.White> robust =
          Trades.linf(RobustFeature.EPSILON)
              .withSteps(3)
              .withBeta(beta)
              .apply(RobustFeature.linear(10), train, Run.seed(0))) {
        gaps.add(
            RobustFeature.clean(robust.model(), test) - RobustFeature.robust(robust.model(), test));
      }
    }
    assertThat(gaps.get(0)).isGreaterThan(gaps.get(1) + 0.1);
  }

  @Test
  void takesItsDataFromTheRunAndSaysWhenThereIsNone() {
    PgdAdversarialTraining defense = PgdAdversarialTraining.linf(0.1).withSteps(1);

    try (Protected<ImageClassifier.White> robust =
        defense.apply(RobustFeature.linear(1), Run.seed(0).withData(train))) {
      assertThat(robust.model().classes()).isEqualTo(2);
    }
    assertThatThrownBy(() -> defense.apply(RobustFeature.linear(1), Run.seed(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("core-pgd-at needs LabeledImages");
  }

  @Test
  void stopsWhenCancelled() {
    CancelToken cancelled = new CancelToken();
    cancelled.cancel();

    assertThatThrownBy(
            () ->
                PgdAdversarialTraining.linf(0.1)
                    .apply(RobustFeature.linear(1), train, Run.seed(0).withCancel(cancelled)))
        .isInstanceOf(RunCancelled.class);
  }

  @Test
  void presetsAreThePapersAndErrorsNameTheField() {
    assertThat(PgdAdversarialTraining.linf(0.1).inner().steps()).isEqualTo(10);
    assertThat(Trades.l2(0.5).beta()).isCloseTo(6, within(0.0));
    assertThat(Mart.l2(0.5).lambda()).isCloseTo(5, within(0.0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trades.linf(0.1).withBeta(-1))
        .withMessageContaining("beta");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PgdAdversarialTraining.linf(8 / 255))
        .withMessageContaining("8 / 255 is 0");
  }

  @Test
  void fastTrainingTellsTheListenerOfEveryCheck() {
    List<Double> heard = new ArrayList<>();
    Run run =
        Run.seed(0)
            .withListener(
                (stage, step, of, value) -> {
                  if (stage.equals("robust-check")) {
                    heard.add(value);
                  }
                });

    FastAdversarialTraining.linf(RobustFeature.EPSILON)
        .apply(RobustFeature.linear(4), train, run)
        .close();

    assertThat(heard).hasSize(4);
    assertThat(heard.get(3)).isGreaterThan(0.7);
  }

  @Nested
  class AwpContract extends DefenseContract {
    @Override
    protected Defense<?, ?> defense() {
      return AdversarialWeightPerturbation.on(PgdAdversarialTraining.linf(0.1));
    }
  }

  @Nested
  class FastContract extends DefenseContract {
    @Override
    protected Defense<?, ?> defense() {
      return FastAdversarialTraining.linf(0.1);
    }
  }

  @Nested
  class PgdContract extends DefenseContract {
    @Override
    protected Defense<?, ?> defense() {
      return PgdAdversarialTraining.linf(0.1);
    }
  }

  @Nested
  class TradesContract extends DefenseContract {
    @Override
    protected Defense<?, ?> defense() {
      return Trades.linf(0.1);
    }
  }

  @Nested
  class MartContract extends DefenseContract {
    @Override
    protected Defense<?, ?> defense() {
      return Mart.linf(0.1);
    }
  }
}
