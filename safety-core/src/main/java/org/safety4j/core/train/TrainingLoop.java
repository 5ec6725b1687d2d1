package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.safety4j.core.error.DegenerateGradient;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Minimises an objective over a model's parameters by minibatches. The order of the samples and
 * every random draw follow from the run's seed; a training that was killed and goes on from its
 * checkpoint ends with the same weights.
 */
public final class TrainingLoop {
  private TrainingLoop() {}

  /**
   * Trains.
   *
   * @param model the model; its parameters ask for gradients during the call and not afterwards
   * @param samples number of samples, at least 1
   * @param objective what to minimise
   * @param options how
   * @param run seed, budget, cancellation, listener (stage {@code train}, a step an epoch, with the
   *     mean loss)
   * @return what happened
   * @throws DegenerateGradient if the loss is not finite; the message names epoch and step
   * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
   * @throws org.safety4j.core.error.BudgetExceeded if the run's time is used up; checkpoints stay
   */
  public static TrainingLog run(
      Trainable model, int samples, BatchObjective objective, TrainingOptions options, Run run) {
    return run(new Whole(model), samples, objective, options, null, run);
  }

  /**
   * Trains until a loss on data set aside no longer falls, and ends with the weights that were best
   * on it.
   *
   * @param model the model; its parameters ask for gradients during the call and not afterwards
   * @param samples number of samples, at least 1
   * @param objective what to minimise
   * @param options how; {@code epochs} is the most that are done; without an average of the weights
   * @param stop when to end
   * @param run seed, budget, cancellation, listener (stage {@code train}, a step an epoch, with the
   *     mean loss; stage {@code validate} with the loss on data set aside)
   * @return what happened
   * @throws IllegalArgumentException if the options ask for an average of the weights
   * @throws DegenerateGradient if the loss is not finite; the message names epoch and step
   * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
   * @throws org.safety4j.core.error.BudgetExceeded if the run's time is used up; checkpoints stay
   */
  public static TrainingLog run(
      Trainable model,
      int samples,
      BatchObjective objective,
      TrainingOptions options,
      EarlyStop stop,
      Run run) {
    Require.that(
        options.emaDecay() == 0,
        "emaDecay must be 0 with early stopping, which ends with the best weights, was "
            + options.emaDecay());
    return run(new Whole(model), samples, objective, options, stop, run);
  }

  static TrainingLog run(
      Trained trained, int samples, BatchObjective objective, TrainingOptions options, Run run) {
    return run(trained, samples, objective, options, null, run);
  }

  private static TrainingLog run(
      Trained trained,
      int samples,
      BatchObjective objective,
      TrainingOptions options,
      EarlyStop stop,
      Run run) {
    Require.atLeast("samples", samples, 1);
    List<NDArray> parameters = List.copyOf(trained.parameters().values());
    trained.begin();
    try (Optimizer optimizer = new Optimizer(options.optimizer(), trained.parameters());
        Averages averages = new Averages(parameters, options.emaDecay());
        Best best = new Best(parameters, stop)) {
      return new Fit(
              trained, parameters, optimizer, averages, best, samples, objective, options, run)
          .epochs();
    } finally {
      trained.end();
    }
  }

  /** What the loop changes, and how it comes by gradients. */
  interface Trained extends Trainable {
    /** Called before the first step. */
    void begin();

    /** Called after the last step, and where training fails. */
    void end();

    /** Called before each batch; what it returns is closed when its gradients are there. */
    Step prepared();

    /** The gradients of a loss, one a parameter; the graph may be freed. */
    NDList gradients(NDArray loss);
  }

  /** What lasts for one batch. */
  interface Step extends AutoCloseable {
    @Override
    void close();
  }

  /** All parameters of a model. */
  private record Whole(Trainable model) implements Trained {
    @Override
    public Map<String, NDArray> parameters() {
      return model.parameters();
    }

    @Override
    public Map<String, NDArray> buffers() {
      return model.buffers();
    }

    @Override
    public void begin() {
      parameters().values().forEach(p -> p.setRequiresGradient(true));
    }

    @Override
    public void end() {
      parameters().values().forEach(p -> p.setRequiresGradient(false));
    }

    @Override
    public Step prepared() {
      return () -> {};
    }

    @Override
    public NDList gradients(NDArray loss) {
      return Grad.gradients(List.of(loss), List.copyOf(parameters().values()));
    }
  }

  /** One training. */
  private record Fit(
      Trained model,
      List<NDArray> parameters,
      Optimizer optimizer,
      Averages averages,
      Best best,
      int samples,
      BatchObjective objective,
      TrainingOptions options,
      Run run) {

    TrainingLog epochs() {
      long start = System.nanoTime();
      List<Double> losses = new ArrayList<>();
      Optional<Checkpoints> checkpoints = options.checkpoint().map(Checkpoints::new);
      int firstEpoch = 0;
      if (checkpoints.isPresent()) {
        Optional<Checkpoints.Progress> before = checkpoints.get().restore(state(), fingerprint());
        if (before.isPresent()) {
          losses.addAll(before.get().losses());
          optimizer.resumeAt(before.get().steps());
          firstEpoch = losses.size();
        }
      }
      long batches = (samples + options.batchSize() - 1) / options.batchSize();
      long updatesPerEpoch = (batches + options.accumulate() - 1) / options.accumulate();
      long updates = updatesPerEpoch * options.epochs();
      for (int epoch = firstEpoch; epoch < options.epochs() && !best.ended(); epoch++) {
        double loss = epoch(epoch, updates);
        losses.add(loss);
        run.listener().step("train", epoch + 1L, options.epochs(), loss);
        if (best.wanted()) {
          run.listener().step("validate", epoch + 1L, options.epochs(), best.look(parameters));
        }
        if (checkpoints.isPresent()) {
          checkpoints.get().save(state(), fingerprint(), losses, optimizer.steps());
        }
      }
      averages.moveInto(parameters);
      best.moveInto(parameters);
      return new TrainingLog(losses, optimizer.steps(), (System.nanoTime() - start) / 1e9);
    }

    private double epoch(int epoch, long updates) {
      Rng rng = run.rng().derive("train").derive(epoch);
      int[] order = rng.derive("order").permutation(samples);
      double total = 0;
      int from = 0;
      int update = 0;
      while (from < samples) {
        run.check();
        try (Scope scope = Scope.open();
            GradMode mode = GradMode.on()) {
          int to = Math.min(samples, from + options.batchSize() * options.accumulate());
          NDList gradients = null;
          for (int start = from; start < to; start += options.batchSize()) {
            int end = Math.min(to, start + options.batchSize());
            int[] batch = Arrays.copyOfRange(order, start, end);
            NDList g;
            try (Step step = model.prepared()) {
              NDArray loss = objective.loss(batch, epoch, rng.derive("batch").derive(start));
              total += checked(Grad.detach(loss).getFloat(), epoch) * batch.length;
              g = model.gradients(loss);
            }
            double share = (double) batch.length / (to - from);
            if (share == 1.0) {
              gradients = g;
            } else {
              if (gradients == null) {
                gradients = zeros();
              }
              Optimizer.accumulate(gradients, g, share);
            }
          }
          if (Double.isFinite(options.maxGradientNorm())) {
            Optimizer.clipNorm(gradients, options.maxGradientNorm());
          }
          optimizer.step(gradients, options.schedule().rate(optimizer.steps(), updates));
          averages.update(parameters);
          from = to;
          update++;
        }
      }
      return total / samples;
    }

    private double checked(double loss, int epoch) {
      if (!Double.isFinite(loss)) {
        throw new DegenerateGradient(
            "the training loss became "
                + loss
                + " in epoch "
                + epoch
                + " at step "
                + optimizer.steps()
                + "; lower the learning rate or clip gradients");
      }
      return loss;
    }

    private NDList zeros() {
      NDList zeros = new NDList();
      try (GradMode mode = GradMode.off()) {
        for (NDArray p : parameters) {
          zeros.add(p.zerosLike());
        }
      }
      return zeros;
    }

    private Map<String, NDArray> state() {
      Map<String, NDArray> state = new LinkedHashMap<>();
      model.parameters().forEach((name, array) -> state.put("parameter." + name, array));
      model.buffers().forEach((name, array) -> state.put("buffer." + name, array));
      optimizer.state().forEach((name, array) -> state.put("optimizer." + name, array));
      averages.state().forEach(state::put);
      best.state().forEach(state::put);
      return state;
    }

    /** What must be the same for a checkpoint to be gone on from. */
    private String fingerprint() {
      return "seed="
          + run.seed()
          + " samples="
          + samples
          + " epochs="
          + options.epochs()
          + " batch="
          + options.batchSize()
          + "x"
          + options.accumulate()
          + " optimizer="
          + options.optimizer()
          + " clip="
          + options.maxGradientNorm()
          + " ema="
          + options.emaDecay();
    }
  }

  /** The weights that were best on data set aside, if training is to end early. */
  private static final class Best implements AutoCloseable {
    private final NDManager manager = Tensors.newManager();
    private final List<NDArray> values = new ArrayList<>();
    private final EarlyStop stop;

    /** The lowest loss, and the epochs since it: kept with the weights in a checkpoint. */
    private final NDArray history;

    Best(List<NDArray> parameters, EarlyStop stop) {
      this.stop = stop;
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        history = scope.release(manager.create(new float[] {Float.POSITIVE_INFINITY, 0}), manager);
        if (stop != null) {
          for (NDArray p : parameters) {
            values.add(scope.release(Ops.copy(p), manager));
          }
        }
      }
    }

    boolean wanted() {
      return stop != null;
    }

    boolean ended() {
      return stop != null && history.toFloatArray()[1] >= stop.patience();
    }

    double look(List<NDArray> parameters) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        double loss = stop.validation().getAsDouble();
        float[] before = history.toFloatArray();
        if (loss < before[0] - stop.minImprovement() || before[0] == Float.POSITIVE_INFINITY) {
          for (int i = 0; i < values.size(); i++) {
            Ops.overwrite(values.get(i), parameters.get(i));
          }
          before = new float[] {(float) loss, 0};
        } else {
          before[1]++;
        }
        Ops.overwrite(history, manager.create(before));
        return loss;
      }
    }

    void moveInto(List<NDArray> parameters) {
      overwrite(parameters, values);
    }

    Map<String, NDArray> state() {
      Map<String, NDArray> state = new LinkedHashMap<>();
      if (stop != null) {
        state.put("validation", history);
        for (int i = 0; i < values.size(); i++) {
          state.put("best." + i, values.get(i));
        }
      }
      return state;
    }

    @Override
    public void close() {
      manager.close();
    }
  }

  /** Gives parameters other values; none if there are no values. */
  private static void overwrite(List<NDArray> parameters, List<NDArray> values) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      for (int i = 0; i < values.size(); i++) {
        Ops.overwrite(parameters.get(i), values.get(i));
      }
    }
  }

  /** The exponential moving average of the weights, if one is wanted. */
  private static final class Averages implements AutoCloseable {
    private final NDManager manager = Tensors.newManager();
    private final List<NDArray> values = new ArrayList<>();
    private final double decay;

    Averages(List<NDArray> parameters, double decay) {
      this.decay = decay;
      if (decay > 0) {
        try (Scope scope = Scope.open();
            GradMode mode = GradMode.off()) {
          for (NDArray p : parameters) {
            values.add(scope.release(Ops.copy(p), manager));
          }
        }
      }
    }

    void update(List<NDArray> parameters) {
      if (decay > 0) {
        Optimizer.average(values, parameters, 1 - decay);
      }
    }

    void moveInto(List<NDArray> parameters) {
      overwrite(parameters, values);
    }

    Map<String, NDArray> state() {
      Map<String, NDArray> state = new LinkedHashMap<>();
      for (int i = 0; i < values.size(); i++) {
        state.put("average." + i, values.get(i));
      }
      return state;
    }

    @Override
    public void close() {
      manager.close();
    }
  }
}
