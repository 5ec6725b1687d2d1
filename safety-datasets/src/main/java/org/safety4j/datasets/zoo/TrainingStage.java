package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.run.Run;
import org.safety4j.core.run.RunListener;
import org.safety4j.core.train.BatchObjective;
import org.safety4j.core.train.Schedule;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;

/**
 * A stage of a training that has several, with a batch size and a cosine schedule of its own.
 *
 * @param name what its checkpoints and its part of the run are called
 * @param trained what it trains
 * @param plan how long and how fast
 * @param averaged whether weights are averaged as the options of the whole training say
 * @param objective what it minimises
 */
record TrainingStage(
    String name, Trainable trained, Plan plan, boolean averaged, BatchObjective objective) {
  private static final double WARM_UP = 0.05;

  /**
   * How long and how fast a stage trains.
   *
   * @param epochs how many epochs
   * @param samples how many samples an epoch has
   * @param batch how many samples a step takes
   * @param rate the highest learning rate
   */
  record Plan(int epochs, int samples, int batch, double rate) {
    /** The number of a sample that no other stage or epoch has. */
    long number(Enum<?> stage, int sample, int epoch) {
      return ((long) stage.ordinal() << 32) + (long) epoch * samples + sample;
    }
  }

  /** A part of a model's parameters. */
  record Some(Map<String, NDArray> parameters, Map<String, NDArray> buffers) implements Trainable {}

  /**
   * Trains stage by stage; fewer epochs than the stages have leave out the last ones. Epochs are
   * counted through.
   */
  static TrainingLog run(List<TrainingStage> stages, TrainingOptions all, Run run) {
    List<Double> losses = new ArrayList<>();
    long steps = 0;
    double seconds = 0;
    for (TrainingStage stage : stages) {
      int epochs = Math.min(stage.plan.epochs, all.epochs() - losses.size());
      if (epochs > 0) {
        int before = losses.size();
        RunListener listener = run.listener();
        TrainingLog log =
            TrainingLoop.run(
                stage.trained,
                stage.plan.samples,
                stage.objective,
                stage.options(epochs, all),
                run.part(stage.name)
                    .withListener(
                        (what, step, of, value) ->
                            listener.step(what, before + step, all.epochs(), value)));
        losses.addAll(log.losses());
        steps += log.steps();
        seconds += log.seconds();
      }
    }
    return new TrainingLog(losses, steps, seconds);
  }

  private TrainingOptions options(int epochs, TrainingOptions all) {
    TrainingOptions options =
        TrainingOptions.adamW(epochs, plan.batch, plan.rate)
            .withOptimizer(all.optimizer())
            .withSchedule(Schedule.cosine(plan.rate, WARM_UP))
            .withEmaDecay(averaged ? all.emaDecay() : 0);
    return all.checkpoint()
        .map(folder -> options.withCheckpoint(folder.resolve(name)))
        .orElse(options);
  }
}
