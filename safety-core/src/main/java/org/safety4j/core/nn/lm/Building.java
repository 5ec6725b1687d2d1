package org.safety4j.core.nn.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.nn.Dense;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;

/** Puts programs, weights and identities together, and cleans up where that fails. */
final class Building {
  private Building() {}

  static CausalLm.White white(
      Object config,
      DecoderShape shape,
      String text,
      Map<String, Object> constants,
      LmIdentity identity,
      String architecture,
      BiFunction<TorchProgram, NDManager, Parameters> bind) {
    return build(
        shape,
        text,
        constants,
        false,
        (program, manager) -> {
          Parameters parameters = bind.apply(program, manager);
          return new WhiteDecoderLm(
              new Decoder(program, shape, manager),
              identity.as(architecture, parameters.count()),
              parameters,
              config);
        });
  }

  static CausalLm.Gray fast(
      DecoderShape shape,
      String text,
      Map<String, Object> constants,
      LmIdentity identity,
      String architecture,
      BiFunction<TorchProgram, NDManager, Long> bind) {
    return build(
        shape,
        text,
        constants,
        true,
        (program, manager) -> {
          long count = bind.apply(program, manager);
          return new DecoderLm(
              new Decoder(program, shape, manager), identity.as(architecture, count), null);
        });
  }

  private static <M> M build(
      DecoderShape shape,
      String text,
      Map<String, Object> constants,
      boolean fast,
      BiFunction<TorchProgram, NDManager, M> make) {
    NDManager manager = Tensors.newManager();
    TorchProgram program = null;
    try (GradMode mode = GradMode.off()) {
      Map<String, Object> all = new HashMap<>(shape.constants(fast));
      all.putAll(constants);
      String source =
          Dense.text()
              + TorchProgram.text(Building.class, "decoder.torch.py")
              + "\n"
              + TorchProgram.text(Building.class, text);
      program = TorchProgram.compile(text, source, all);
      return make.apply(program, manager);
    } catch (RuntimeException e) {
      if (program != null) {
        program.close();
      }
      manager.close();
      throw e;
    }
  }

  /**
   * Takes parameters, hands them to a program that packs or keeps them, and lets go of them; their
   * number.
   */
  static long briefly(ParameterSource source, Consumer<Parameters> bind) {
    try (Scope scope = Scope.open();
        NDManager manager = Tensors.newManager()) {
      Parameters parameters = new Parameters(manager, source);
      bind.accept(parameters);
      return parameters.count();
    }
  }

  /** Hands token embeddings and output weights over; a null head stands for tied ones. */
  static void ends(
      TorchProgram program,
      boolean fast,
      NDArray table,
      NDArray head,
      BiConsumer<NDArray, List<NDArray>> set) {
    NDManager manager = table.getManager();
    try (Scope scope = Scope.open()) {
      if (!fast) {
        set.accept(table, List.of(head == null ? manager.create(0f) : head));
        return;
      }
      program.all("pack_head", head == null ? table : head);
      set.accept(table.toType(DataType.FLOAT16, true), List.of(manager.create(0f)));
    }
  }
}
