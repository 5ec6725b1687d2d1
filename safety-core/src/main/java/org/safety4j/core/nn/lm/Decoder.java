package org.safety4j.core.nn.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.TokenRows;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * A decoder's program and what runs it: in one call, or block by block where a hook changes the
 * state between blocks. Safe for many threads, as long as each has its own cache.
 */
final class Decoder {
  /** Where new tokens stand and what is to be done with their keys and values. */
  record Plan(int start, int base, boolean stored, int last) {
    NDArray array(NDManager manager, int block) {
      return manager.create(new long[] {start, base, stored ? 1 : 0, last, block});
    }
  }

  private final TorchProgram program;
  private final DecoderShape shape;
  private final NDManager manager;

  Decoder(TorchProgram program, DecoderShape shape, NDManager manager) {
    this.program = program;
    this.shape = shape;
    this.manager = manager;
  }

  DecoderShape shape() {
    return shape;
  }

  NDManager manager() {
    return manager;
  }

  NDArray embed(NDArray ids) {
    return program.one("embed", ids);
  }

  NDArray onEmbeddings(NDArray states) {
    return program.one("on_table", states);
  }

  /** An empty cache {@code [blocks, 2, rows, key heads, capacity, head width]}. */
  NDArray cache(NDManager owner, int rows, int capacity) {
    return owner.zeros(
        new Shape(shape.blocks(), 2, rows, shape.keyHeads(), capacity, shape.headWidth()),
        DataType.FLOAT32);
  }

  /** Logits {@code [B, last or T, V]} from ids. */
  NDArray fromIds(NDArray ids, NDArray padding, NDArray past, Plan plan, CausalLm.Hook hook) {
    try (Scope scope = Scope.open()) {
      if (hook == null) {
        return scope.keep(program.one("step", ids, padding, past, plan.array(ids.getManager(), 0)));
      }
      return scope.keep(hooked(embed(ids), padding, past, plan, hook));
    }
  }

  /** Logits {@code [B, last or T, V]} from embeddings. */
  NDArray fromEmbeddings(NDArray x, NDArray padding, NDArray past, Plan plan, CausalLm.Hook hook) {
    try (Scope scope = Scope.open()) {
      if (hook == null) {
        return scope.keep(program.one("forward", x, padding, past, plan.array(x.getManager(), 0)));
      }
      return scope.keep(hooked(x, padding, past, plan, hook));
    }
  }

  private NDArray hooked(
      NDArray embeddings, NDArray padding, NDArray past, Plan plan, CausalLm.Hook hook) {
    NDManager around = embeddings.getManager();
    NDArray x = changed(hook, 0, program.one("begin", embeddings, padding, plan.array(around, 0)));
    for (int i = 0; i < shape.blocks(); i++) {
      x = changed(hook, i + 1, program.one("one_block", x, padding, past, plan.array(around, i)));
    }
    return program.one("finish", x, plan.array(around, 0));
  }

  private static NDArray changed(CausalLm.Hook hook, int layer, NDArray state) {
    NDArray changed = hook.at(layer, state);
    Require.that(
        changed.getShape().equals(state.getShape()),
        "a hook must keep the shape "
            + state.getShape()
            + " of layer "
            + layer
            + ", gave "
            + changed.getShape());
    return changed;
  }

  CausalLm.Trace trace(
      NDArray embeddings, NDArray padding, NDArray past, Plan plan, CausalLm.Hook hook) {
    try (Scope scope = Scope.open()) {
      NDManager around = embeddings.getManager();
      NDList hidden = new NDList();
      NDList maps = new NDList();
      CausalLm.Hook change = hook == null ? (layer, state) -> state : hook;
      NDArray x =
          changed(change, 0, program.one("begin", embeddings, padding, plan.array(around, 0)));
      hidden.add(x);
      for (int i = 0; i < shape.blocks(); i++) {
        NDList out = program.all("one_block_with_map", x, padding, past, plan.array(around, i));
        x = changed(change, i + 1, out.get(0));
        hidden.add(x);
        maps.add(out.get(1));
      }
      hidden.set(shape.blocks(), program.one("normalised", x));
      NDArray logits = program.one("finish", x, plan.array(around, 0));
      return new CausalLm.Trace(scope.keep(logits), scope.keep(hidden), scope.keep(maps));
    }
  }

  NDArray firstRows(NDArray cache, int rows) {
    try (Scope scope = Scope.open()) {
      return scope.keep(program.one("first_rows", cache, cache.getManager().create((long) rows)));
    }
  }

  void precede(NDArray cache, NDArray prefix) {
    program.one("preceded", cache, prefix).close();
  }

  /** The cache with its rows in another order, or some of them; shares the old one's memory. */
  NDArray reordered(NDArray cache, int[] rows, int used) {
    try (Scope scope = Scope.open()) {
      NDManager around = cache.getManager();
      long[] order = java.util.Arrays.stream(rows).asLongStream().toArray();
      return scope.keep(
          program.one("reordered", cache, around.create(order), around.create((long) used)));
    }
  }

  /** Log-probabilities {@code [N]} of tokens to be learnt, in one call. */
  NDArray learnt(TokenRows rows) {
    return program.one(
        "learnt", rows.ids(), rows.segments(), rows.places(), rows.at(), rows.next());
  }

  /** The same from embeddings {@code [B, T, D]}; ids are not read. */
  NDArray learnt(NDArray embeddings, TokenRows rows) {
    return program.one(
        "learnt_from", embeddings, rows.segments(), rows.places(), rows.at(), rows.next());
  }

  NDArray scored(NDArray logits, NDArray ids) {
    return program.one("scored", logits, ids);
  }

  void close() {
    program.close();
    manager.close();
  }
}
