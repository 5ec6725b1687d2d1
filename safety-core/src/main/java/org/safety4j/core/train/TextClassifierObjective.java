package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.TextBatch;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/**
 * Mean cross-entropy of a text classifier.
 *
 * @param model the model under training
 * @param texts the data; a sample is one of them
 * @param labels the class of each text
 */
public record TextClassifierObjective(
    TextClassifier.White model, List<String> texts, List<Integer> labels)
    implements BatchObjective {
  /**
   * Copies and checks.
   *
   * @param model the model under training
   * @param texts the data; a sample is one of them
   * @param labels the class of each text
   * @throws IllegalArgumentException if there are no texts, the numbers differ, or a label is no
   *     class of the model
   */
  public TextClassifierObjective {
    Require.notEmpty("texts", texts);
    texts = List.copyOf(texts);
    labels = List.copyOf(labels);
    Require.that(
        texts.size() == labels.size(),
        "labels must have one class for each of " + texts.size() + " texts, has " + labels.size());
    int classes = model.classNames().size();
    Require.that(
        labels.stream().allMatch(label -> label >= 0 && label < classes),
        "labels must be in [0, " + classes + ")");
  }

  /**
   * Computes the batch's mean loss.
   *
   * @param samples the texts' numbers
   * @param epoch not used
   * @param rng not used
   * @return a scalar
   */
  @Override
  public NDArray loss(int[] samples, int epoch, Rng rng) {
    try (Scope scope = Scope.open();
        TextBatch batch = model.tokens(Arrays.stream(samples).mapToObj(texts::get).toList())) {
      NDArray logits = model.logitsOf(model.lookUp(batch.ids()), batch);
      NDArray classes =
          Ops.index(model.manager(), Arrays.stream(samples).map(labels::get).toArray());
      return scope.keep(Ops.pick(Ops.logSoftmax(logits), classes).mean().neg());
    }
  }
}
