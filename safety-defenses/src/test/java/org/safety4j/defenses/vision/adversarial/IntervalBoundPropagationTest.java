package org.safety4j.defenses.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.train.ClassifierRecipe;
import org.safety4j.defenses.RobustFeature;
import org.safety4j.defenses.engine.certify.BoundMethod;
import org.safety4j.defenses.engine.certify.BoundPropagation;
import org.safety4j.defenses.engine.certify.LayeredNetwork;
import org.safety4j.testkit.DefenseContract;

class IntervalBoundPropagationTest extends DefenseContract {
  private static LabeledImages train;
  private static LabeledImages test;

  @BeforeAll
  static void open() {
    train = RobustFeature.data(400, 1);
    test = RobustFeature.data(200, 2);
  }

  @AfterAll
  static void close() {
    train.close();
    test.close();
  }

  @Override
  protected Defense<?, ?> defense() {
    return IntervalBoundPropagation.linf(0.1);
  }

  private static LayeredNetwork network(Rng rng) {
    return LayeredNetwork.builder("hidden", RobustFeature.ELEMENT)
        .normalize(0.5, 0.5)
        .flatten()
        .linear(16)
        .relu()
        .linear(2)
        .build(rng);
  }

  static Stream<IntervalBoundPropagation> variants() {
    return Stream.of(
        IntervalBoundPropagation.linf(RobustFeature.EPSILON),
        IntervalBoundPropagation.crownLinf(RobustFeature.EPSILON));
  }

  private static double certified(LayeredNetwork network, BoundMethod method) {
    return Rate.of(
            BoundPropagation.certified(network, test, RobustFeature.EPSILON, method), "images")
        .value();
  }

  /** The control: nothing of a standard network is certified, by the tightest bounds. */
  @ParameterizedTest
  @MethodSource("variants")
  void trainedNetworkIsCertifiedAndAttacksConfirmIt(IntervalBoundPropagation defense) {
    ClassifierRecipe recipe = RobustFeature.recipe(15, IntervalBoundPropagationTest::network);
    try (LayeredNetwork standard = (LayeredNetwork) recipe.train(train, Run.seed(0));
        Protected<ImageClassifier.White> trained = defense.apply(recipe, train, Run.seed(0))) {
      LayeredNetwork network = (LayeredNetwork) trained.model();

      assertThat(RobustFeature.clean(standard, test)).isGreaterThan(0.95);
      assertThat(certified(standard, BoundMethod.CROWN)).isLessThan(0.05);
      double interval = certified(network, BoundMethod.INTERVAL);
      double crown = certified(network, BoundMethod.CROWN);
      assertThat(interval).isGreaterThan(0.8);
      assertThat(crown).isGreaterThanOrEqualTo(interval);
      assertThat(RobustFeature.robust(network, test)).isGreaterThanOrEqualTo(crown);
      assertThat(RobustFeature.clean(network, test)).isGreaterThan(0.85);
    }
  }

  @Test
  void otherNetworksAreRefused() {
    ClassifierRecipe recipe =
        new ClassifierRecipe(
            "other", rng -> hidden(network(rng)), RobustFeature.linear(1).options());

    assertThatThrownBy(() -> IntervalBoundPropagation.linf(0.1).apply(recipe, train, Run.seed(0)))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("LayeredNetwork");
  }

  /** Hides that a network's layers are known. */
  private static TrainableClassifier hidden(LayeredNetwork network) {
    return (TrainableClassifier)
        Proxy.newProxyInstance(
            TrainableClassifier.class.getClassLoader(),
            new Class<?>[] {TrainableClassifier.class},
            (proxy, method, arguments) -> method.invoke(network, arguments));
  }
}
