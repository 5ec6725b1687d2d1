package org.safety4j.core.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * A low-rank change of some of a model's weights: W becomes W + scale B A.
 *
 * <pre>{@code
 * try (Lora lora = Adapters.open(Path.of("my-adapter")); Lora.Merged merged = lora.mergeInto(model)) {
 *   model.complete(...);      // with the change
 * }                           // the weights are what they were, to the bit
 * }</pre>
 *
 * <p>Models of this library's architectures are {@link HasParameters}: {@code (HasParameters) lm}
 * for a language model, {@code pipeline.denoiser()} for a diffusion pipeline.
 *
 * <p><b>Source:</b> Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, ICLR 2022;
 * Kalajdzievski, A Rank Stabilization Scaling Factor for Fine-Tuning with LoRA, 2023.
 * <b>Deviations:</b> the change is merged into the weights instead of running beside them; dropout
 * on it is not applied.
 *
 * <p>Owns its arrays; the caller closes it. Not to be changed while another thread merges it.
 */
public final class Lora implements AutoCloseable {
  /**
   * The change of one weight.
   *
   * @param a {@code [rank, inputs]}, or {@code [rank, inputs, kh, kw]} for a convolution
   * @param b {@code [outputs, rank]}, or {@code [outputs, rank, 1, 1]}
   * @param scale what the product is multiplied by
   * @param transposed whether the weight stands with its inputs first
   */
  public record Factors(NDArray a, NDArray b, double scale, boolean transposed) {
    /**
     * Checks the shapes. * @throws IllegalArgumentException if the factors do not fit one another
     *
     * @param a {@code [rank, inputs]}, or {@code [rank, inputs, kh, kw]} for a convolution
     * @param b {@code [outputs, rank]}, or {@code [outputs, rank, 1, 1]}
     * @param scale what the product is multiplied by
     * @param transposed whether the weight stands with its inputs first
     */
    public Factors {
      Require.that(
          a.getShape().dimension() >= 2
              && b.getShape().dimension() == a.getShape().dimension()
              && b.getShape().get(1) == a.getShape().get(0)
              && b.getShape().slice(2).size() == 1,
          "LoRA factors must be [rank, inputs] and [outputs, rank], were "
              + a.getShape()
              + " and "
              + b.getShape());
      Require.that(Double.isFinite(scale), "scale must be finite, was " + scale);
    }

    /**
     * Returns the rank.
     *
     * @return the number of rows of {@code a}
     */
    public long rank() {
      return a.getShape().get(0);
    }

    /** The change in the weight's own shape; to be called inside a scope. */
    NDArray change() {
      Shape in = a.getShape();
      NDArray product =
          b.reshape(b.getShape().get(0), rank())
              .matMul(a.reshape(rank(), in.slice(1).size()))
              .mul((float) scale);
      if (in.dimension() > 2) {
        return product.reshape(new Shape(b.getShape().get(0)).addAll(in.slice(1)));
      }
      return transposed ? product.transpose() : product;
    }

    Shape changed() {
      Shape in = a.getShape();
      long outputs = b.getShape().get(0);
      if (in.dimension() > 2) {
        return new Shape(outputs).addAll(in.slice(1));
      }
      return transposed ? new Shape(in.get(1), outputs) : new Shape(outputs, in.get(1));
    }
  }

  private final NDManager manager;
  private final Map<String, Factors> factors;

  private Lora(NDManager manager, Map<String, Factors> factors) {
    this.manager = manager;
    this.factors = factors;
  }

  /**
   * Makes a change of factors.
   *
   * @param factors by the name of the weight, such as {@code
   *     model.layers.0.self_attn.q_proj.weight}; their arrays are taken over
   * @return the change, to be closed by the caller
   * @throws IllegalArgumentException if there are none
   */
  public static Lora of(Map<String, Factors> factors) {
    Require.that(!factors.isEmpty(), "a LoRA must change at least one weight");
    NDManager manager = Tensors.newManager();
    Map<String, Factors> own = new LinkedHashMap<>();
    factors.forEach(
        (name, each) -> {
          take(each.a, manager);
          take(each.b, manager);
          own.put(name, each);
        });
    return new Lora(manager, own);
  }

  /**
   * Makes a change of nothing, from which training starts: A is normal with variance 1 / inputs, B
   * is zero.
   *
   * @param shapes the weights' shapes by name, {@code [outputs, inputs]}
   * @param rank at least 1
   * @param alpha the scale is this divided by the rank; greater than 0
   * @param rng the randomness of A
   * @return the change, to be closed by the caller
   */
  public static Lora initial(Map<String, Shape> shapes, int rank, double alpha, Rng rng) {
    Require.atLeast("rank", rank, 1);
    Require.positive("alpha", alpha);
    Map<String, Factors> factors = new LinkedHashMap<>();
    try (NDManager manager = Tensors.newManager()) {
      shapes.forEach(
          (name, shape) -> {
            NDArray a = rng.derive(name).normal(manager, new Shape(rank, shape.get(1)));
            a.muli((float) (1 / Math.sqrt(shape.get(1))));
            NDArray b = manager.zeros(new Shape(shape.get(0), rank));
            factors.put(name, new Factors(a, b, alpha / rank, false));
          });
      return of(factors);
    }
  }

  private static void take(NDArray array, NDManager manager) {
    array.attach(manager);
    NDScope.unregister(array);
  }

  /**
   * Returns the factors by the name of the weight.
   *
   * @return live factors, owned by this object
   */
  public Map<String, Factors> factors() {
    return Collections.unmodifiableMap(factors);
  }

  /**
   * Makes the same change in another strength.
   *
   * @param strength multiplies every scale; 0 changes nothing
   * @return a change with arrays of its own, to be closed by the caller
   */
  public Lora withStrength(double strength) {
    Require.that(Double.isFinite(strength), "strength must be finite, was " + strength);
    Map<String, Factors> scaled = new LinkedHashMap<>();
    factors.forEach(
        (name, f) ->
            scaled.put(
                name, new Factors(Ops.copy(f.a), Ops.copy(f.b), strength * f.scale, f.transposed)));
    return of(scaled);
  }

  /**
   * Changes parameters while a model is built from them, in any precision.
   *
   * @param source the unchanged parameters
   * @return a source of changed ones
   */
  public ParameterSource applied(ParameterSource source) {
    return (name, owner, shape) -> {
      NDArray weight = source.take(name, owner, shape);
      Factors f = factors.get(name);
      if (f == null) {
        return weight;
      }
      checkShape(name, f, weight.getShape());
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        weight.addi(f.change());
      }
      return weight;
    };
  }

  /**
   * Changes the weights of a model that is open.
   *
   * @param model the model; stays the caller's
   * @return the merged change; closing it restores every weight to the bit
   * @throws IllegalArgumentException if the model lacks one of the weights, or it has another shape
   */
  public Merged mergeInto(HasParameters model) {
    Parameters parameters = model.stored();
    Set<String> known = parameters.storedNames();
    for (Map.Entry<String, Factors> entry : factors.entrySet()) {
      String name = entry.getKey();
      Require.that(
          known.contains(name),
          "the model has no weight \"" + name + "\"" + NearNames.hint(name, known));
    }
    List<NDArray> live = new ArrayList<>();
    List<NDArray> before = new ArrayList<>();
    NDManager owner = Tensors.newManager();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      factors.forEach((name, f) -> checkShape(name, f, parameters.stored(name).getShape()));
      factors.forEach(
          (name, f) -> {
            NDArray weight = Grad.detach(parameters.stored(name));
            before.add(scope.keep(Ops.copy(weight), owner));
            live.add(scope.keep(weight, owner));
            weight.addi(f.change());
          });
      before.forEach(NDScope::unregister);
      live.forEach(NDScope::unregister);
      return new Merged(owner, live, before);
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  private static void checkShape(String name, Factors f, Shape shape) {
    Require.that(
        f.changed().equals(shape),
        "the LoRA changes a \""
            + name
            + "\" of shape "
            + f.changed()
            + ", the model's has "
            + shape);
  }

  @Override
  public void close() {
    manager.close();
  }

  /** A change that is merged into a model's weights. */
  public static final class Merged implements AutoCloseable {
    private final NDManager owner;
    private final List<NDArray> live;
    private final List<NDArray> before;
    private boolean open = true;

    private Merged(NDManager owner, List<NDArray> live, List<NDArray> before) {
      this.owner = owner;
      this.live = live;
      this.before = before;
    }

    /** Makes the change permanent: closing this no longer restores the weights. */
    public void keep() {
      if (open) {
        open = false;
        owner.close();
      }
    }

    /**
     * Restores the weights to what they were before, to the bit. Other changes made since are lost.
     */
    @Override
    public void close() {
      if (open) {
        open = false;
        try (GradMode mode = GradMode.off()) {
          for (int i = 0; i < live.size(); i++) {
            Ops.overwrite(live.get(i), before.get(i));
          }
        }
        owner.close();
      }
    }
  }
}
