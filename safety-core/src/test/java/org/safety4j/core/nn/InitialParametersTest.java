package org.safety4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;

class InitialParametersTest {
  private final NDManager manager = Tensors.newManager();

  @AfterEach
  void free() {
    manager.close();
  }

  private NDArray draw(String name, long... shape) {
    return InitialParameters.of(Rng.of(0)).take(name, manager, shape);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.norm.weight",
        "model.layers.0.input_layernorm.weight",
        "bert.embeddings.LayerNorm.weight",
        "transformer.h.3.ln_1.weight",
        "transformer.ln_f.weight",
        "layer1.bn2.weight"
      })
  void scalesOfNormalisationsAreOne(String name) {
    assertThat(draw(name, 5).toFloatArray()).containsOnly(1f);
    assertThat(draw(name.replace("weight", "bias"), 5).toFloatArray()).containsOnly(0f);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.embed_tokens.weight",
        "bert.embeddings.word_embeddings.weight",
        "bert.embeddings.token_type_embeddings.weight",
        "vit.embeddings.position_embeddings",
        "vit.embeddings.cls_token"
      })
  void tablesOfTokensAndPositionsAreSmall(String name) {
    NDArray table = draw(name, 100, 40);
    assertThat((double) table.square().mean().getFloat()).isCloseTo(4e-4, within(4e-5));
  }

  @Test
  void matricesKeepTheSizeOfWhatPassesThem() {
    NDArray matrix = draw("model.layers.0.self_attn.q_proj.weight", 60, 40);
    assertThat((double) matrix.square().mean().getFloat()).isCloseTo(0.02, within(2e-3));
  }
}
