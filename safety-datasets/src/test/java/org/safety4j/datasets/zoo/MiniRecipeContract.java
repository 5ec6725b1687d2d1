package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.metric.Interval;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.run.CancelToken;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;

/** What holds of every small model and its recipe. */
abstract class MiniRecipeContract<M extends Model & Trainable> {
  private static final double LOSS_TOLERANCE = 0.05;

  /** The model. */
  abstract MiniModel<M> model();

  /** Epochs that a test can bear. */
  abstract int epochs();

  /** How many samples a test can bear to measure on. */
  abstract int most();

  private List<Double> log() throws IOException {
    List<Double> losses = new ArrayList<>();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                ZooFolder.resource(model().id(), MiniBuild.LOG), StandardCharsets.UTF_8))) {
      in.lines().skip(1).forEach(line -> losses.add(Double.valueOf(line.split("\t")[1])));
    }
    return losses;
  }

  @Test
  void theBeginningOfTheTrainingGoesAsLogged() throws IOException {
    MiniRecipe<M> recipe = model().recipe();
    List<Double> losses = new ArrayList<>();
    CancelToken cancel = new CancelToken();
    Run run =
        Run.seed(model().figures().seed())
            .withCancel(cancel)
            .withListener(
                (stage, step, of, loss) -> {
                  losses.add(loss);
                  if (step == epochs()) {
                    cancel.cancel();
                  }
                });
    assertThatThrownBy(() -> recipe.train(run).close()).isInstanceOf(RunCancelled.class);
    List<Double> logged = log().subList(0, epochs());
    assertThat(losses).hasSize(epochs());
    for (int i = 0; i < epochs(); i++) {
      assertThat(losses.get(i)).isCloseTo(logged.get(i), within(LOSS_TOLERANCE * logged.get(i)));
    }
  }

  @Test
  void theLogLeadsFromTheFirstToTheLastLossOfTheFigures() throws IOException {
    MiniFigures figures = model().figures();
    List<Double> log = log();
    assertThat(log).hasSize(figures.epochs()).hasSize(model().recipe().options().epochs());
    assertThat(log.get(0)).isCloseTo(figures.firstLoss(), within(1e-3));
    assertThat(log.get(log.size() - 1)).isCloseTo(figures.lastLoss(), within(1e-3));
    assertThat(figures.lastLoss()).isLessThan(0.7 * figures.firstLoss());
  }

  @Test
  void theStoredModelMeetsItsFiguresOnASmallSample() {
    MiniFigures figures = model().figures();
    try (M model = model().open()) {
      assertThat(model.card().name()).isEqualTo(model().id());
      assertThat(model.card().parameters()).isEqualTo(figures.parameters());
      List<MiniFigure> measured = model().recipe().measure(model, most(), Rng.of(5));
      check(measured, figures);
    }
  }

  /** Compares a measurement on a small sample with what was published. */
  abstract void check(List<MiniFigure> measured, MiniFigures published);

  /** Shares that a smaller sample of the same kind must not contradict. */
  static void assertAlike(List<MiniFigure> measured, MiniFigures published, List<String> names) {
    for (String name : names) {
      MiniFigure found =
          measured.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
      Interval interval = found.rate("trials").interval(0.999);
      assertThat(published.measured(name).value())
          .as(name + " " + published.measured(name) + ", found " + found)
          .isBetween(interval.lower(), interval.upper());
    }
  }

  static double value(List<MiniFigure> measured, String name) {
    return measured.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow().value();
  }
}
