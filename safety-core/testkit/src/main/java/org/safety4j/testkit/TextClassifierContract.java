package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.TextBatch;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.tensor.Ops;

/** What every model that puts texts into classes must keep to. */
public abstract class TextClassifierContract extends WhiteTextRules<TextClassifier.Gray> {
  /** For subclasses. */
  protected TextClassifierContract() {}

  @Override
  protected List<Class<? extends Model>> rungs() {
    return List.of(
        TextClassifier.Black.class, TextClassifier.Gray.class, TextClassifier.White.class);
  }

  @Override
  NDArray read(List<String> texts) {
    return model().logits(texts);
  }

  @Override
  NDArray readOf(NDArray embeddings, TextBatch batch) {
    return ((TextClassifier.White) model()).logitsOf(embeddings, batch);
  }

  @Test
  final void labelsAreTheBestScoresOfItsClasses() {
    NDArray logits = model().logits(TEXTS);
    assertThat(model().classNames().size()).isGreaterThanOrEqualTo(2);
    assertThat(logits.getShape()).isEqualTo(new Shape(TEXTS.size(), model().classNames().size()));
    int[] labels = model().labels(TEXTS);
    for (int i = 0; i < labels.length; i++) {
      assertThat(labels[i]).isEqualTo((int) logits.get(i).argMax().getLong());
    }
  }

  @Test
  final void computesTheGradientItself() {
    TextClassifier.White white = as(TextClassifier.White.class);
    TextBatch batch = white.tokens(TEXTS);
    NDArray embeddings = white.lookUp(batch.ids());
    NDArray labels = Ops.index(manager(), white.labels(TEXTS));
    CrossEntropy loss = CrossEntropy.untargeted();
    assertGradient(
        embeddings,
        white.gradient(embeddings, batch, labels, loss),
        e -> loss.values(white.logitsOf(e, batch), labels));
  }
}
