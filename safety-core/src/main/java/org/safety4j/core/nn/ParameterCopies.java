package org.safety4j.core.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/** Parameters of a live model as a source for its copy. */
public final class ParameterCopies {
  private ParameterCopies() {}

  /**
   * Makes a source whose parameters are copies of live ones.
   *
   * @param live name to array; neither owned nor changed
   * @return a source that knows those names
   */
  public static ParameterSource of(Map<String, NDArray> live) {
    return (name, manager, shape) -> copy(live, name, manager, shape);
  }

  private static NDArray copy(
      Map<String, NDArray> live, String name, NDManager manager, long... shape) {
    NDArray array = live.get(name);
    Require.that(
        array != null && array.getShape().equals(new Shape(shape)),
        "the model has no parameter \"" + name + "\" of shape " + new Shape(shape));
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.keep(Ops.copy(Grad.detach(array)), manager);
    }
  }
}
