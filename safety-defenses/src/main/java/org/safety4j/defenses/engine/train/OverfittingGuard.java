package org.safety4j.defenses.engine.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.train.ClassifierRecipe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one-step adversarial training for catastrophic overfitting, the sudden loss of robustness
 * against attacks of several steps. Robustness is measured once an epoch; when it falls by more
 * than a margin below the best so far, the best weights are put back and training goes on with
 * another loss. Holds state, so it serves one training; owns arrays.
 */
public final class OverfittingGuard implements ClassifierRecipe.Loss, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OverfittingGuard.class);

  private final ClassifierRecipe.Loss first;
  private final ClassifierRecipe.Loss instead;
  private final ToDoubleFunction<TrainableClassifier> robustness;
  private final long interval;
  private final double margin;
  private final NDManager owner = Tensors.newManager();
  private final List<Double> history = new ArrayList<>();
  private final List<NDArray> best = new ArrayList<>();
  private double bestRobustness = Double.NEGATIVE_INFINITY;
  private long calls;
  private boolean overfitted;

  /**
   * Sets what is watched and what happens then.
   *
   * @param first the loss to train with
   * @param instead the loss to train with once overfitting was seen
   * @param robustness accuracy under an attack of several steps, in [0, 1]
   * @param interval steps between measurements, at least 1; those of an epoch are usual
   * @param margin fall below the best that counts as overfitting, in (0, 1]
   */
  public OverfittingGuard(
      ClassifierRecipe.Loss first,
      ClassifierRecipe.Loss instead,
      ToDoubleFunction<TrainableClassifier> robustness,
      long interval,
      double margin) {
    Require.that(interval >= 1, "interval must be at least 1, was " + interval);
    Require.that(margin > 0 && margin <= 1, "margin must be in (0, 1], was " + margin);
    this.first = first;
    this.instead = instead;
    this.robustness = robustness;
    this.interval = interval;
    this.margin = margin;
  }

  @Override
  public NDArray of(
      TrainableClassifier model, NDArray images, NDArray labels, int[] samples, Rng rng) {
    if (calls > 0 && calls % interval == 0) {
      check(model);
    }
    calls++;
    return (overfitted ? instead : first).of(model, images, labels, samples, rng);
  }

  /**
   * Measures robustness, remembers the weights if it is the best so far, and puts the best weights
   * back if it has collapsed. To be called once more after the last step.
   *
   * @param model the model under training
   */
  public void check(TrainableClassifier model) {
    double now = robustness.applyAsDouble(model);
    history.add(now);
    if (now >= bestRobustness) {
      bestRobustness = now;
      remember(model);
    } else if (now < bestRobustness - margin) {
      LOG.warn(
          "catastrophic overfitting: robust accuracy fell from {} to {}; the best weights are put"
              + " back",
          bestRobustness,
          now);
      overfitted = true;
      putBack(model);
    }
  }

  private static List<NDArray> state(TrainableClassifier model) {
    List<NDArray> state = new ArrayList<>();
    Collection<NDArray> buffers = model.buffers().values();
    state.addAll(model.parameters().values());
    state.addAll(buffers);
    return state;
  }

  private void remember(TrainableClassifier model) {
    best.forEach(NDArray::close);
    best.clear();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      for (NDArray array : state(model)) {
        best.add(scope.release(Ops.copy(array), owner));
      }
    }
  }

  private void putBack(TrainableClassifier model) {
    try (GradMode mode = GradMode.off()) {
      List<NDArray> state = state(model);
      for (int i = 0; i < state.size(); i++) {
        Ops.overwrite(state.get(i), best.get(i));
      }
    }
  }

  /**
   * Tells whether overfitting was seen.
   *
   * @return true once it was
   */
  public boolean overfitted() {
    return overfitted;
  }

  /**
   * Returns what was measured.
   *
   * @return robust accuracies, in order
   */
  public List<Double> history() {
    return List.copyOf(history);
  }

  /** Frees the remembered weights. */
  @Override
  public void close() {
    owner.close();
  }
}
