package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Updates parameters in place, a whole model a call. Owns its moments; one optimiser serves one set
 * of parameters and one thread.
 */
public final class Optimizer implements AutoCloseable {
  /**
   * An optimiser's settings.
   *
   * @param kind the update rule
   * @param momentum of SGD, or Adam's beta1; in [0, 1)
   * @param beta2 Adam's second moment; in [0, 1)
   * @param epsilon added to Adam's denominator, greater than 0
   * @param weightDecay at least 0; decoupled for AdamW, added to the gradient otherwise
   */
  public record Config(
      Kind kind, double momentum, double beta2, double epsilon, double weightDecay) {
    /**
     * Checks the ranges.
     *
     * @param kind the update rule
     * @param momentum of SGD, or Adam's beta1; in [0, 1)
     * @param beta2 Adam's second moment; in [0, 1)
     * @param epsilon added to Adam's denominator, greater than 0
     * @param weightDecay at least 0; decoupled for AdamW, added to the gradient otherwise
     */
    public Config {
      Require.inRange("momentum", momentum, 0, Math.nextDown(1.0));
      Require.inRange("beta2", beta2, 0, Math.nextDown(1.0));
      Require.positive("epsilon", epsilon);
      Require.inRange("weightDecay", weightDecay, 0, 100);
    }

    /**
     * Stochastic gradient descent with heavy-ball momentum.
     *
     * @param momentum in [0, 1)
     * @return the settings, without weight decay
     */
    public static Config sgd(double momentum) {
      return new Config(Kind.SGD, momentum, 0, 1e-8, 0);
    }

    /**
     * Stochastic gradient descent with Nesterov's momentum.
     *
     * @param momentum in [0, 1)
     * @return the settings, without weight decay
     */
    public static Config nesterov(double momentum) {
      return new Config(Kind.NESTEROV, momentum, 0, 1e-8, 0);
    }

    /**
     * Adam with betas 0.9 and 0.999.
     *
     * @return the settings, without weight decay
     */
    public static Config adam() {
      return new Config(Kind.ADAM, 0.9, 0.999, 1e-8, 0);
    }

    /**
     * AdamW with betas 0.9 and 0.999.
     *
     * @param weightDecay at least 0
     * @return the settings
     */
    public static Config adamW(double weightDecay) {
      return new Config(Kind.ADAMW, 0.9, 0.999, 1e-8, weightDecay);
    }

    /**
     * Changes the weight decay.
     *
     * @param value at least 0
     * @return a copy
     */
    public Config withWeightDecay(double value) {
      return new Config(kind, momentum, beta2, epsilon, value);
    }
  }

  /** Update rules. */
  public enum Kind {
    /** Gradient descent with heavy-ball momentum. */
    SGD,
    /** Gradient descent with Nesterov's momentum. */
    NESTEROV,
    /** Adam; weight decay is added to the gradient. */
    ADAM,
    /** Adam with decoupled weight decay. */
    ADAMW
  }

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(Optimizer.class, "optimizer.torch.py", Map.of());
  }

  private final Config config;
  private final NDManager manager = Tensors.newManager();
  private final List<String> names;
  private final List<NDArray> parameters;
  private final List<NDArray> first = new ArrayList<>();
  private final List<NDArray> second = new ArrayList<>();
  private long steps;

  /**
   * Makes an optimiser with zero moments.
   *
   * @param config the settings
   * @param parameters what to update, in a fixed order; stays the caller's
   */
  public Optimizer(Config config, Map<String, NDArray> parameters) {
    this.config = config;
    this.names = List.copyOf(parameters.keySet());
    this.parameters = List.copyOf(parameters.values());
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      for (NDArray p : this.parameters) {
        first.add(scope.release(p.zerosLike(), manager));
        if (isAdam()) {
          second.add(scope.release(p.zerosLike(), manager));
        }
      }
    }
  }

  private boolean isAdam() {
    return config.kind() == Kind.ADAM || config.kind() == Kind.ADAMW;
  }

  /**
   * Applies one update.
   *
   * @param gradients one a parameter, in order
   * @param learningRate at least 0
   */
  public void step(List<NDArray> gradients, double learningRate) {
    Require.inRange("learningRate", learningRate, 0, Double.MAX_VALUE);
    steps++;
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      if (isAdam()) {
        NDArray h =
            manager.create(
                new double[] {
                  learningRate,
                  config.momentum(),
                  config.beta2(),
                  config.epsilon(),
                  config.weightDecay(),
                  config.kind() == Kind.ADAMW ? 1 : 0,
                  steps
                });
        Holder.PROGRAM.all("adam", parameters, gradients, first, second, h);
      } else {
        NDArray h =
            manager.create(
                new double[] {
                  learningRate,
                  config.momentum(),
                  config.weightDecay(),
                  config.kind() == Kind.NESTEROV ? 1 : 0
                });
        Holder.PROGRAM.all("sgd", parameters, gradients, first, h);
      }
    }
  }

  /**
   * Scales gradients down, in place, so that their joint L2 norm is at most a bound.
   *
   * @param gradients the gradients
   * @param maxNorm the bound, greater than 0
   * @return the norm before
   */
  public static double clipNorm(List<NDArray> gradients, double maxNorm) {
    Require.positive("maxNorm", maxNorm);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      double norm = Holder.PROGRAM.one("global_norm", gradients).getFloat();
      if (norm > maxNorm) {
        NDArray factor = gradients.get(0).getManager().create((float) (maxNorm / norm));
        Holder.PROGRAM.all("scale", gradients, factor);
      }
      return norm;
    }
  }

  /** Adds scaled gradients to an accumulator, in place. */
  static void accumulate(List<NDArray> into, List<NDArray> gradients, double factor) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray f = into.get(0).getManager().create((float) factor);
      Holder.PROGRAM.all("accumulate", into, gradients, f);
    }
  }

  /** Moves averages towards parameters, in place. */
  static void average(List<NDArray> averages, List<NDArray> parameters, double weight) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray w = averages.get(0).getManager().create((float) weight);
      Holder.PROGRAM.all("average", averages, parameters, w);
    }
  }

  /**
   * Returns the state that a checkpoint keeps.
   *
   * @return name to live array
   */
  Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      state.put("first." + names.get(i), first.get(i));
      if (isAdam()) {
        state.put("second." + names.get(i), second.get(i));
      }
    }
    return state;
  }

  long steps() {
    return steps;
  }

  void resumeAt(long doneSteps) {
    steps = doneSteps;
  }

  /** Frees the moments. */
  @Override
  public void close() {
    manager.close();
  }
}
