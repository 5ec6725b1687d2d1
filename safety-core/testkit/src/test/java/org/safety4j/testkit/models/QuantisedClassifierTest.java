package org.safety4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

class QuantisedClassifierTest {
  @Test
  void itsGradientIsZeroAndTheBpdaViewsIsNot() {
    try (TinyMlp f = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(f, 4, 1);
        Scope scope = Scope.open()) {
      QuantisedClassifier staircase = QuantisedClassifier.of(f, 8);
      NDArray hidden = gradient(staircase, images);
      NDArray shown = gradient(staircase.bpda(), images);
      assertThat(Ops.normLinf(hidden).toFloatArray()).containsOnly(0);
      assertThat(Ops.normLinf(shown).min().getFloat()).isPositive();
      assertThat(staircase.logits(images.images()).toFloatArray())
          .containsExactly(f.logits(Ops.quantise(images.images(), 8)).toFloatArray());
    }
  }

  private static NDArray gradient(QuantisedClassifier f, LabeledImages images) {
    return f.gradient(images.images(), images.labelArray(), CrossEntropy.untargeted()).gradient();
  }
}
