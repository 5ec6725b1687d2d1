package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.TextBatch;
import org.safety4j.core.model.TextEncoder;

/** What every model that turns texts into vectors must keep to. */
public abstract class TextEncoderContract extends WhiteTextRules<TextEncoder.Black> {
  /** For subclasses. */
  protected TextEncoderContract() {}

  @Override
  protected List<Class<? extends Model>> rungs() {
    return List.of(TextEncoder.Black.class, TextEncoder.White.class);
  }

  @Override
  NDArray read(List<String> texts) {
    return model().embed(texts);
  }

  @Override
  NDArray readOf(NDArray embeddings, TextBatch batch) {
    return ((TextEncoder.White) model()).embedOf(embeddings, batch);
  }

  @Test
  final void vectorsAreAsWideAsItSays() {
    assertThat(model().embed(TEXTS).getShape().get(1)).isEqualTo(model().width());
  }

  @Test
  final void computesTheGradientItself() {
    TextEncoder.White white = as(TextEncoder.White.class);
    TextBatch batch = white.tokens(TEXTS);
    NDArray embeddings = white.lookUp(batch.ids());
    assertGradient(
        embeddings,
        white.gradient(embeddings, batch, ModelContract::weighed),
        e -> weighed(white.embedOf(e, batch)));
  }
}
