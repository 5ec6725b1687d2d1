package org.safety4j.core.nn.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.KvPrefix;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.TokenRows;
import org.safety4j.core.model.TrainableLm;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;

/** A decoder in single precision, with gradients and everything inside. */
final class WhiteDecoderLm extends DecoderLm implements TrainableLm, HasParameters {
  private final Parameters parameters;
  private final Object config;
  private final boolean owner;

  WhiteDecoderLm(Decoder decoder, LmIdentity identity, Parameters parameters, Object config) {
    this(decoder, identity, parameters, config, null, true);
  }

  private WhiteDecoderLm(
      Decoder decoder,
      LmIdentity identity,
      Parameters parameters,
      Object config,
      CausalLm.Hook hook,
      boolean owner) {
    super(decoder, identity, hook);
    this.parameters = parameters;
    this.config = config;
    this.owner = owner;
  }

  @Override
  public NDArray embed(NDArray ids) {
    return decoder.embed(ids);
  }

  @Override
  public NDArray onEmbeddings(NDArray states) {
    return decoder.onEmbeddings(states);
  }

  private void check(NDArray embeddings) {
    Require.that(
        embeddings.getShape().dimension() == 3
            && embeddings.getShape().get(2) == width()
            && embeddings.getDataType() == DataType.FLOAT32,
        "embeddings must be float32 [B, T, "
            + width()
            + "], were "
            + embeddings.getDataType()
            + " "
            + embeddings.getShape());
  }

  @Override
  public NDArray logitsOf(NDArray embeddings, LmContext context) {
    check(embeddings);
    try (Scope scope = Scope.open()) {
      Reading reading = reading(embeddings.getManager(), embeddings.getShape(), context);
      return scope.keep(
          decoder.fromEmbeddings(
              embeddings, reading.padding(), reading.past(), reading.plan(), hook));
    }
  }

  @Override
  public NDArray learnt(TokenRows rows) {
    requireInContext(rows);
    return decoder.learnt(rows);
  }

  @Override
  public NDArray learnt(NDArray embeddings, TokenRows rows) {
    check(embeddings);
    requireInContext(rows);
    Require.that(
        embeddings.getShape().slice(0, 2).equals(rows.ids().getShape()),
        "embeddings must have one state for each token of the rows "
            + rows.ids().getShape()
            + ", were "
            + embeddings.getShape());
    return decoder.learnt(embeddings, rows);
  }

  private void requireInContext(TokenRows rows) {
    long tokens = rows.ids().getShape().get(1);
    Require.that(
        tokens <= contextLength(),
        "rows of " + tokens + " tokens exceed the context of " + contextLength() + " tokens");
  }

  @Override
  public KvPrefix remember(int[] ids, NDArray embeddings) {
    check(embeddings);
    Shape shape = embeddings.getShape();
    Require.that(
        shape.get(0) == 1 && shape.get(1) == ids.length,
        "embeddings to remember must be [1, " + ids.length + ", D], were " + shape);
    Require.that(
        ids.length >= 1 && ids.length <= contextLength(),
        "what is remembered must have 1 to " + contextLength() + " positions, had " + ids.length);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray past = decoder.cache(manager(), 1, ids.length);
      decoder.fromEmbeddings(
          embeddings, manager().create(new long[1]), past, new Decoder.Plan(0, 0, true, 1), hook);
      return new Remembered(decoder, ids.clone(), scope.keep(past, manager()));
    }
  }

  @Override
  public CausalLm.Trace trace(NDArray embeddings, LmContext context) {
    check(embeddings);
    try (Scope scope = Scope.open()) {
      Reading reading =
          reading(embeddings.getManager(), embeddings.getShape(), context.withLast(0));
      CausalLm.Trace trace =
          decoder.trace(embeddings, reading.padding(), reading.past(), reading.plan(), hook);
      scope.keep(trace.logits());
      scope.keep(trace.hidden());
      scope.keep(trace.attention());
      return trace;
    }
  }

  @Override
  public CausalLm.White withHook(CausalLm.Hook next) {
    return new WhiteDecoderLm(
        decoder, identity, parameters, config, hook == null ? next : hook.and(next), false);
  }

  /** The architecture's configuration. */
  Object config() {
    return config;
  }

  @Override
  public int blocks() {
    return decoder.shape().blocks();
  }

  @Override
  public int heads() {
    return decoder.shape().heads();
  }

  @Override
  public int width() {
    return decoder.shape().width();
  }

  @Override
  public NDManager manager() {
    return decoder.manager();
  }

  @Override
  public Parameters stored() {
    return parameters;
  }

  @Override
  public void close() {
    if (owner) {
      super.close();
    }
  }
}
