package org.safety4j.testkit.models;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.testkit.ImageClassifierContract;

class TinyMlpTest extends ImageClassifierContract {
  @Override
  protected ImageClassifier.Gray open() {
    return TinyMlp.create();
  }

  @Override
  protected double tolerance() {
    return 0;
  }

  @Test
  void answersAllClassesAndFallsToASmallStepAlongTheSign() {
    try (TinyMlp f = TinyMlp.create();
        LabeledImages images = TestImages.labelledBy(f, 200, 1);
        Scope scope = Scope.open()) {
      assertThat(Arrays.stream(images.labels()).distinct().count()).isEqualTo(4);
      NDArray g =
          f.gradient(images.images(), images.labelArray(), CrossEntropy.untargeted()).gradient();
      int[] answers = f.labels(Ops.clamp(images.images().add(g.sign().mul(0.1)), 0, 1));
      int[] labels = images.labels();
      int fallen = 0;
      for (int i = 0; i < labels.length; i++) {
        fallen += answers[i] != labels[i] ? 1 : 0;
      }
      assertThat(fallen).isBetween(100, 200);
    }
  }
}
