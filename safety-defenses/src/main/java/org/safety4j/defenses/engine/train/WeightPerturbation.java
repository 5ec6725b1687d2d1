package org.safety4j.defenses.engine.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.ClassifierRecipe;

/**
 * Takes the gradient of a robust loss where the weights are worst: every weight matrix or kernel is
 * moved up the loss by {@code gamma} times its own norm, the gradient is taken there, and the move
 * is undone. Biases and scales stay.
 *
 * @param base the loss
 * @param gamma size of the move as a share of each weight's norm, greater than 0
 */
public record WeightPerturbation(RobustLoss base, double gamma) implements ClassifierRecipe.Loss {
  /**
   * Checks the range.
   *
   * @param base the loss
   * @param gamma size of the move as a share of each weight's norm, greater than 0
   */
  public WeightPerturbation {
    Require.positive("gamma", gamma);
  }

  @Override
  public NDArray of(
      TrainableClassifier model, NDArray images, NDArray labels, int[] samples, Rng rng) {
    List<NDArray> parameters = List.copyOf(model.parameters().values());
    NDArray adversarial = base.search(model, images, labels, samples, rng);
    List<NDArray> before = copies(parameters);
    List<NDArray> statistics = copies(model.buffers().values());
    NDArray sharp = base.minimised(model, images, adversarial, labels);
    NDList up = Grad.gradients(List.of(sharp), parameters);
    restore(model.buffers().values(), statistics);
    move(parameters, up);
    try {
      NDArray loss = base.minimised(model, images, adversarial, labels);
      NDArray value = Grad.detach(loss);
      NDList gradients = Grad.gradients(List.of(loss), parameters);
      restore(parameters, before);
      return RobustLosses.withGradient(value, parameters, gradients);
    } catch (RuntimeException e) {
      restore(parameters, before);
      throw e;
    }
  }

  private void move(List<NDArray> parameters, NDList up) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      for (int i = 0; i < parameters.size(); i++) {
        NDArray w = parameters.get(i);
        if (w.getShape().dimension() > 1) {
          NDArray g = up.get(i);
          NDArray share = w.norm().div(g.norm().add(1e-12f)).mul((float) gamma);
          Ops.overwrite(w, w.add(g.mul(share)));
        }
      }
    }
  }

  private static List<NDArray> copies(Collection<NDArray> arrays) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      List<NDArray> copies = new ArrayList<>();
      for (NDArray array : arrays) {
        copies.add(scope.keep(Ops.copy(array)));
      }
      return copies;
    }
  }

  private static void restore(Collection<NDArray> arrays, List<NDArray> values) {
    try (GradMode mode = GradMode.off()) {
      int i = 0;
      for (NDArray array : arrays) {
        Ops.overwrite(array, values.get(i++));
      }
    }
  }
}
