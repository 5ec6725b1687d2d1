package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.testkit.ImageClassifierContract;
import org.safety4j.testkit.models.TinyMlp;

class LogitEnsembleTest extends ImageClassifierContract {
  private final TinyMlp first = TinyMlp.of(new Shape(1, 5, 5), 3, 1);
  private final TinyMlp second = TinyMlp.of(new Shape(1, 5, 5), 3, 2);

  @Override
  protected ImageClassifier.Gray open() {
    return LogitEnsemble.of(List.of(first, second));
  }

  @Override
  protected boolean refusesOnceClosed() {
    return false;
  }

  @AfterEach
  void closeMembers() {
    first.close();
    second.close();
  }

  @Test
  void membersMustFit() {
    try (TinyMlp other = TinyMlp.of(new Shape(1, 5, 5), 4, 1)) {
      assertThatThrownBy(() -> LogitEnsemble.of(List.of(first, other)))
          .hasMessageContaining("same classes and input shape");
      assertThatThrownBy(() -> LogitEnsemble.of(List.of())).hasMessage("members must not be empty");
    }
  }
}
