package org.safety4j.testkit.families;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.core.text.Completion;

/** A suite is worth something only if it fails: every fault must be caught by its own rule. */
class ModelContractsCatchFaultsTest {
  private static final AtomicInteger CALLS = new AtomicInteger();

  record Fault(Class<?> suite, String method, UnaryOperator<Object> change, String rule) {
    @Override
    public String toString() {
      return suite.getSimpleName() + "." + method + ": " + rule;
    }
  }

  private static Object array(Object answer, UnaryOperator<NDArray> change) {
    try (NDArray right = (NDArray) answer) {
      return change.apply(right);
    }
  }

  private static Object grown(Object answer) {
    return array(answer, x -> x.mul(1.1));
  }

  private static Object doubled(Object answer) {
    ValueAndGradient right = (ValueAndGradient) answer;
    return new ValueAndGradient(right.value(), (NDArray) array(right.gradient(), x -> x.mul(2)));
  }

  private static Object leaking(Object answer) {
    ((NDArray) answer).getManager().create(1f);
    return answer;
  }

  private static Completion cut(Completion c) {
    int[] ids = c.ids().clone();
    ids[ids.length - 1] ^= 1;
    return new Completion(ids, c.text(), c.finish(), c.promptTokens());
  }

  static List<Fault> faults() {
    return List.of(
        new Fault(
            FaultyModel.Texts.class,
            "logits",
            a -> array(a, x -> x.add(0.01 * CALLS.incrementAndGet())),
            "answersTheSameTwiceInFiniteNumbers"),
        new Fault(
            FaultyModel.Texts.class,
            "logits",
            a -> array(a, x -> x.mul(Float.NaN)),
            "answersTheSameTwiceInFiniteNumbers"),
        new Fault(
            FaultyModel.Texts.class,
            "logits",
            a -> array(a, x -> x.mul(1 + 0.01 * x.getShape().get(0))),
            "readsATextTheSameInEveryBatch"),
        new Fault(
            FaultyModel.Texts.class,
            "logits",
            ModelContractsCatchFaultsTest::leaking,
            "leavesNothingBehind"),
        new Fault(
            FaultyModel.Texts.class,
            "close",
            FaultyModel.NOT_DONE,
            "aClosedModelRefusesAndKeepsTheProcessAlive"),
        new Fault(
            FaultyModel.Texts.class,
            "logitsOf",
            ModelContractsCatchFaultsTest::grown,
            "readsTheSameFromEmbeddings"),
        new Fault(
            FaultyModel.Texts.class,
            "gradient",
            ModelContractsCatchFaultsTest::doubled,
            "computesTheGradientItself"),
        new Fault(
            FaultyModel.Images.class,
            "gradient",
            ModelContractsCatchFaultsTest::doubled,
            "gradientMatchesFiniteDifferences"),
        new Fault(
            FaultyModel.Masks.class,
            "predict",
            a ->
                new Segmenter.Prediction(
                    (NDArray) grown(((Segmenter.Prediction) a).logits()),
                    ((Segmenter.Prediction) a).overlap()),
            "embeddedImagesGiveTheSamePrediction"),
        new Fault(
            FaultyModel.Pairs.class,
            "imageEmbeddings",
            ModelContractsCatchFaultsTest::grown,
            "embedsOnTheUnitSphere"),
        new Fault(
            FaultyModel.Language.class,
            "generate",
            a -> ((List<?>) a).stream().map(c -> cut((Completion) c)).toList(),
            "writesWhatItScoresHighest"),
        new Fault(
            FaultyModel.Language.class,
            "stream",
            a -> cut((Completion) a),
            "writesTheSameAloneInABatchAndStreaming"),
        new Fault(
            FaultyModel.Language.class,
            "logProbabilities",
            a -> {
              ((List<?>) a).forEach(row -> ((double[]) row)[0] -= 0.01);
              return a;
            },
            "logProbabilitiesAreThoseOfTheScores"),
        new Fault(
            FaultyModel.Language.class,
            "onEmbeddings",
            ModelContractsCatchFaultsTest::grown,
            "multipliesStatesWithTheEmbeddingsThatItLooksUp"),
        new Fault(
            FaultyModel.Sight.class,
            "gradient",
            ModelContractsCatchFaultsTest::doubled,
            "gradientForImagesMatchesFiniteDifferences"),
        new Fault(
            FaultyModel.Noise.class,
            "predictNoise",
            ModelContractsCatchFaultsTest::grown,
            "recordedAnswersAreTheSame"),
        new Fault(
            FaultyModel.Noise.class,
            "generate",
            a -> array(a, x -> x.mul(1 + 0.01 * CALLS.incrementAndGet())),
            "makesImages"));
  }

  @AfterEach
  void mend() {
    FaultyModel.method = "";
  }

  @ParameterizedTest
  @MethodSource("faults")
  void everyFaultIsCaughtByItsRule(Fault fault) {
    FaultyModel.method = fault.method();
    FaultyModel.change = fault.change();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(fault.suite(), fault.rule()))
                .build(),
            listener);
    assertThat(listener.getSummary().getFailures())
        .singleElement()
        .satisfies(f -> assertThat(f.getException()).isInstanceOf(AssertionError.class));
  }
}
