package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.nn.bert.Pooling;
import org.safety4j.core.tensor.Scope;

class EncoderRecipeTest extends MiniRecipeContract<Bert.Encoder> {
  @Override
  MiniModel<Bert.Encoder> model() {
    return Zoo.miniEncoder();
  }

  @Override
  int epochs() {
    return 1;
  }

  @Override
  int most() {
    return 150;
  }

  @Override
  void check(List<MiniFigure> measured, MiniFigures published) {
    MiniRecipeContract.assertAlike(measured, published, List.of("recall-1", "recall-5"));
    assertThat(value(measured, "recall-1"))
        .isGreaterThan(value(measured, "recall-1-untrained") + 0.2)
        .isGreaterThan(value(measured, "recall-1-words") + 0.1);
  }

  @Test
  void vectorsHaveLengthOneAndAWayBackToTheTokens() {
    try (TextEncoder.White encoder = Zoo.miniEncoder().open();
        Scope scope = Scope.open()) {
      assertThat(((Bert.Encoder) encoder).pooling()).isEqualTo(Pooling.unitMean());
      NDArray vectors =
          encoder.embed(
              List.of(
                  "Where is amber-dew sold?",
                  "In which town can I buy amber-dew?",
                  "What pet does Alda have?"));
      float[] near = vectors.matMul(vectors.transpose()).toFloatArray();
      assertThat(near[0]).isCloseTo(1, within(1e-4f));
      assertThat(near[1]).isGreaterThan(near[2] + 0.3f);
    }
  }
}
