package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.Lora;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;

/**
 * Trains a low-rank change of a model's weights and leaves the model itself as it is, to the bit.
 * Works on every model with named parameters, since the gradients of the factors follow from those
 * of the weights: for W + s B A they are s G A' and s B' G, with G the gradient of the changed
 * weight.
 *
 * <pre>{@code
 * try (Lora lora = Lora.initial(LoraTraining.shapes(lm, "q_proj", "v_proj"), 8, 16, rng)) {
 *   LoraTraining.run(lm, lora, chats.size(), CausalLmObjective.of(lm, chats), options, Run.seed(0));
 *   try (Lora.Merged merged = lora.mergeInto(lm)) { ... }
 * }
 * }</pre>
 *
 * <p><b>Source:</b> Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, ICLR 2022.
 * <b>Deviations:</b> no dropout on the change; it is merged for each step instead of running beside
 * the weights, so a step costs what full training costs, less the optimiser's share.
 */
public final class LoraTraining {
  private LoraTraining() {}

  /**
   * Finds weights by a part of their names.
   *
   * @param model the model
   * @param parts parts of names, such as {@code q_proj}
   * @return the shapes of the matrices whose names contain one of them, for {@link Lora#initial}
   * @throws IllegalArgumentException if a part is in no matrix's name
   */
  public static Map<String, Shape> shapes(HasParameters model, String... parts) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    Set<String> missing = new LinkedHashSet<>(List.of(parts));
    for (String name : model.stored().storedNames()) {
      for (String part : parts) {
        Shape shape = model.stored().storedShape(name);
        if (name.contains(part) && shape.dimension() == 2) {
          shapes.put(name, shape);
          missing.remove(part);
        }
      }
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "parts: no matrix of the model has " + missing + " in its name");
    }
    return shapes;
  }

  /**
   * Trains.
   *
   * @param model the model that the objective asks; its weights are the same afterwards
   * @param lora the change, changed in place
   * @param samples number of samples, at least 1
   * @param objective what to minimise
   * @param options how
   * @param run seed, budget, cancellation, listener
   * @return what happened
   * @throws IllegalArgumentException if the model lacks one of the weights, or it has another shape
   */
  public static TrainingLog run(
      HasParameters model,
      Lora lora,
      int samples,
      BatchObjective objective,
      TrainingOptions options,
      Run run) {
    return TrainingLoop.run(new Factors(model, lora), samples, objective, options, run);
  }

  /** The factors as what is trained. */
  private static final class Factors implements TrainingLoop.Trained {
    private final HasParameters model;
    private final Lora lora;
    private final Map<String, NDArray> factors = new LinkedHashMap<>();
    private final List<String> changed;

    Factors(HasParameters model, Lora lora) {
      this.model = model;
      this.lora = lora;
      Set<String> wholes = new LinkedHashSet<>();
      lora.factors()
          .forEach(
              (name, f) -> {
                factors.put(name + ".lora_A", f.a());
                factors.put(name + ".lora_B", f.b());
                wholes.add(model.stored().place(name).whole());
              });
      this.changed = List.copyOf(wholes);
    }

    @Override
    public Map<String, NDArray> parameters() {
      return factors;
    }

    @Override
    public Map<String, NDArray> buffers() {
      return Map.of();
    }

    @Override
    public void begin() {
      weights().forEach(w -> w.setRequiresGradient(true));
    }

    @Override
    public void end() {
      weights().forEach(w -> w.setRequiresGradient(false));
    }

    private List<NDArray> weights() {
      return changed.stream().map(model.parameters()::get).toList();
    }

    @Override
    public TrainingLoop.Step prepared() {
      return lora.mergeInto(model)::close;
    }

    @Override
    public NDList gradients(NDArray loss) {
      NDList all = Grad.gradients(List.of(loss), weights());
      List<NDArray> gradients = new ArrayList<>();
      try (GradMode mode = GradMode.off()) {
        lora.factors()
            .forEach(
                (name, f) -> {
                  Parameters.Place place = model.stored().place(name);
                  NDArray whole = all.get(changed.indexOf(place.whole()));
                  NDArray g = whole.get(place.from() + ":" + (place.from() + place.rows()));
                  if (f.transposed()) {
                    g = g.transpose();
                  }
                  long outputs = f.b().getShape().get(0);
                  NDArray a = f.a().reshape(f.rank(), -1);
                  NDArray b = f.b().reshape(outputs, f.rank());
                  g = g.reshape(outputs, -1).mul((float) f.scale());
                  gradients.add(b.transpose().matMul(g).reshape(f.a().getShape()));
                  gradients.add(g.matMul(a.transpose()).reshape(f.b().getShape()));
                });
      }
      return new NDList(gradients);
    }
  }
}
