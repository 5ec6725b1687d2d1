package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.VisionTransformer;
import org.safety4j.core.model.VisionTransformer.Overrides;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Rng;

/** What every vision transformer must keep to, beside {@link ImageClassifierContract}. */
public abstract class VisionTransformerContract extends ModelContract<VisionTransformer.White> {
  private NDArray images;

  /** For subclasses. */
  protected VisionTransformerContract() {}

  @Override
  protected List<Class<? extends Model>> rungs() {
    return List.of(
        ImageClassifier.Black.class,
        ImageClassifier.Gray.class,
        ImageClassifier.White.class,
        VisionTransformer.White.class);
  }

  private NDArray images(NDManager owner) {
    return Rng.of(5).uniform(owner, new Shape(3).addAll(model().inputShape()), 0, 1);
  }

  @Override
  void prepare() {
    images = images(manager());
  }

  @Override
  protected float[] answer(VisionTransformer.White asked, NDManager own) {
    return asked.trace(images(own), Overrides.none()).hidden().get(1).toFloatArray();
  }

  private static void free(VisionTransformer.Trace trace) {
    free(trace.logits(), trace.hidden(), trace.attention());
  }

  @Override
  void use() {
    free(model().trace(images, Overrides.none()));
  }

  private static Overrides blocks(Map<Integer, NDArray> states) {
    return new Overrides(states, Map.of(), Map.of(), false);
  }

  @Test
  final void showsEveryBlock() {
    VisionTransformer.Trace trace = model().trace(images, Overrides.none());
    assertNear(trace.logits(), model().logits(images), tolerance());
    assertThat(trace.hidden()).hasSize(model().blocks() + 1);
    assertThat(trace.attention()).hasSize(model().blocks());
    Shape state = trace.hidden().get(0).getShape();
    assertThat(state.get(0)).isEqualTo(3);
    for (NDArray hidden : trace.hidden()) {
      assertThat(hidden.getShape()).isEqualTo(state);
      assertFinite(hidden);
    }
    for (NDArray attention : trace.attention()) {
      assertThat(attention.getShape())
          .isEqualTo(new Shape(3, model().heads(), state.get(1), state.get(1)));
      assertDistributions(attention);
    }
    assertThat(model().inputShape().get(1) % model().patchSize()).isZero();
  }

  @Test
  final void goesOnFromTheStateThatItIsGiven() {
    VisionTransformer.Trace trace = model().trace(images, Overrides.none());
    int last = model().blocks() - 1;
    NDArray state = trace.hidden().get(last);
    assertNear(
        model().trace(images, blocks(Map.of(last, state))).logits(), trace.logits(), tolerance());
    NDArray others = model().trace(images.mul(0), blocks(Map.of(last, state))).logits();
    assertNear(others, trace.logits(), tolerance());
    NDArray changed = model().trace(images, blocks(Map.of(last, state.mul(0)))).logits();
    assertThat(changed.sub(trace.logits()).abs().max().getFloat()).isGreaterThan(1e-6f);
  }

  @Test
  final void masksAttention() {
    long tokens = model().trace(images, Overrides.none()).attention().get(0).getShape().get(3);
    NDArray mask = manager().zeros(new Shape(tokens, tokens));
    mask.set(new ai.djl.ndarray.index.NDIndex(":, 1"), -1e9f);
    NDArray attention =
        model()
            .trace(images, new Overrides(Map.of(), Map.of(0, mask), Map.of(), false))
            .attention()
            .get(0);
    assertThat(attention.get(":, :, :, 1").abs().max().getFloat()).isZero();
    assertDistributions(attention);
  }

  @Test
  final void gradientThroughAStateMatchesFiniteDifferences() {
    NDArray state = model().trace(images, Overrides.none()).hidden().get(1);
    assertGradient(
        state,
        Grad.of(x -> weighed(model().trace(images, blocks(Map.of(1, x))).logits()), state),
        x -> weighed(model().trace(images, blocks(Map.of(1, x))).logits()));
  }

  @Test
  final void refusesBlocksAndShapesThatThereAreNot() {
    NDArray state = model().trace(images, Overrides.none()).hidden().get(0);
    int none = model().blocks() + 1;
    assertRefused(() -> model().trace(images, blocks(Map.of(none, state))), String.valueOf(none));
    assertRefused(
        () -> model().trace(images, blocks(Map.of(0, state.get(":, 1:")))), "blocks[0]", "shape");
    assertRefused(() -> model().trace(images.get("0"), Overrides.none()), "[N, C, H, W]");
  }
}
