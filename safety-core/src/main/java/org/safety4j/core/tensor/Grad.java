package org.safety4j.core.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Gradients by reverse mode. Only the gradients that are asked for are computed, nothing
 * accumulates in the arrays, and any number of threads may call at once.
 */
public final class Grad {
  private Grad() {}

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(Grad.class, "grad.torch.py", Map.of());
  }

  static TorchProgram program() {
    return Holder.PROGRAM;
  }

  /**
   * Copies an array into a new leaf of a graph. The array itself does not change.
   *
   * @param x any float array
   * @return a copy that gradients can be asked for
   */
  public static NDArray leaf(NDArray x) {
    return program().one("leaf", x);
  }

  /**
   * Returns the same values outside of any graph, without a copy.
   *
   * @param x any array
   * @return an alias without history
   */
  public static NDArray detach(NDArray x) {
    return program().one("detach", x);
  }

  /**
   * Computes a function's value and gradient.
   *
   * @param function maps a leaf to a scalar or to one value a sample; its values are summed
   * @param x where; any float array
   * @return value and gradient, outside of any graph
   */
  public static ValueAndGradient of(UnaryOperator<NDArray> function, NDArray x) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      NDArray leaf = leaf(x);
      NDArray y = function.apply(leaf);
      NDArray gradient = gradients(new NDList(y.sum()), List.of(leaf)).get(0);
      return new ValueAndGradient(scope.keep(detach(y)), scope.keep(gradient));
    }
  }

  /**
   * Pulls a cotangent back from an output to an input. The graph stays, so it can be called again.
   *
   * @param y an output of a recorded computation
   * @param x a leaf or intermediate of it
   * @param v the cotangent, in the output's shape
   * @return the vector-Jacobian product, in the input's shape; zero where the output does not
   *     depend on the input
   */
  public static NDArray vjp(NDArray y, NDArray x, NDArray v) {
    return program().one("vjp", y, x, v);
  }

  /**
   * Like {@link #vjp}, and frees the graph on the way: nothing can be pulled back through it again.
   *
   * @param y an output of a recorded computation
   * @param x a leaf or intermediate of it
   * @param v the cotangent, in the output's shape
   * @return the vector-Jacobian product, in the input's shape; zero where the output does not
   *     depend on the input
   */
  public static NDArray lastVjp(NDArray y, NDArray x, NDArray v) {
    return program().one("last_vjp", y, x, v);
  }

  /**
   * Pulls cotangents back from several outputs to several inputs. The graph stays.
   *
   * @param ys outputs
   * @param xs leaves or intermediates
   * @param vs one cotangent an output
   * @return one gradient an input
   */
  public static NDList vjps(List<NDArray> ys, List<NDArray> xs, List<NDArray> vs) {
    return program().all("vjps_kept", ys, xs, vs);
  }

  /**
   * Like {@link #vjps}, and records the computation of the gradients, so that they can be
   * differentiated again.
   *
   * @param ys outputs
   * @param xs leaves or intermediates
   * @param vs one cotangent an output
   * @return one gradient an input, part of the graph
   */
  public static NDList vjpsRecorded(List<NDArray> ys, List<NDArray> xs, List<NDArray> vs) {
    try (GradMode mode = GradMode.on()) {
      return program().all("vjps_recorded", ys, xs, vs);
    }
  }

  /**
   * Computes the gradients of scalars' sum and frees the graph.
   *
   * @param scalars arrays with one element
   * @param xs leaves or intermediates
   * @return one gradient an input
   */
  public static NDList gradients(List<NDArray> scalars, List<NDArray> xs) {
    return program().all("gradients", scalars, xs);
  }
}
