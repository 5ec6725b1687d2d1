package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.Lora;
import org.safety4j.core.nn.diffusion.UNet;
import org.safety4j.core.nn.lm.Precision;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

class AdaptersTest {
  private static final String QUERY = "model.layers.0.self_attn.q_proj.weight";

  private static double distance(NDArray a, NDArray b) {
    assertThat(a.getShape()).isEqualTo(b.getShape());
    return a.sub(b).abs().max().getFloat();
  }

  private interface Body {
    void run(CausalLm.White lm, Lora lora, NDArray ids, NDArray expected);
  }

  private static void with(Body body) {
    Path folder = Fixtures.path("llama-lora");
    try (CausalLm.White lm = LanguageModels.causalLm(Fixtures.path("llama"));
        Lora lora = Adapters.open(folder);
        SafetensorsFile io = SafetensorsFile.open(folder.resolve("io.safetensors"));
        NDManager manager = Tensors.newManager()) {
      body.run(lm, lora, io.read("in.ids", manager), io.read("out.logits", manager));
    }
  }

  /** Oracle 37: merged it is the reference, unmerged it is what it was. */
  @Test
  void mergingGivesTheReferenceAndClosingRestoresEveryBit() {
    with(
        (lm, lora, ids, expected) -> {
          NDArray before = lm.logits(ids, LmContext.whole());
          assertThat(distance(before, expected)).isGreaterThan(0.1);
          try (Lora.Merged merged = lora.mergeInto((HasParameters) lm)) {
            assertThat(distance(lm.logits(ids, LmContext.whole()), expected)).isLessThan(1e-4);
          }
          assertThat(lm.logits(ids, LmContext.whole())).isEqualTo(before);
          Lora.Merged kept = lora.mergeInto((HasParameters) lm);
          kept.keep();
          kept.close();
          assertThat(distance(lm.logits(ids, LmContext.whole()), expected)).isLessThan(1e-4);
        });
  }

  @Test
  void openingWithAnAdapterGivesTheReferenceInBothPrecisions() {
    with(
        (lm, lora, ids, expected) -> {
          for (Precision precision : Precision.values()) {
            try (CausalLm.Gray changed =
                LanguageModels.causalLm(Fixtures.path("llama"), precision, lora)) {
              assertThat(distance(changed.logits(ids, LmContext.whole()), expected))
                  .isLessThan(precision == Precision.FULL ? 1e-4 : 0.05);
            }
          }
        });
  }

  /** Oracle 85: strength 0 is a no-op to the bit. */
  @Test
  void strengthScalesTheChange() {
    with(
        (lm, lora, ids, expected) -> {
          NDArray before = ((HasParameters) lm).stored().stored(QUERY).add(0f);
          NDArray full;
          try (Lora.Merged merged = lora.mergeInto((HasParameters) lm)) {
            full = ((HasParameters) lm).stored().stored(QUERY).sub(before);
          }
          try (Lora none = lora.withStrength(0);
              Lora.Merged merged = none.mergeInto((HasParameters) lm)) {
            assertThat(((HasParameters) lm).stored().stored(QUERY)).isEqualTo(before);
          }
          try (Lora half = lora.withStrength(0.5);
              Lora.Merged merged = half.mergeInto((HasParameters) lm)) {
            NDArray change = ((HasParameters) lm).stored().stored(QUERY).sub(before);
            assertThat(distance(change.mul(2f), full)).isLessThan(1e-5);
            assertThat(full.abs().max().getFloat()).isGreaterThan(0.01f);
          }
        });
  }

  @Test
  void savedAdaptersOpenAgain(@TempDir Path folder) {
    with(
        (lm, lora, ids, expected) -> {
          Adapters.save(lora, "../llama", folder);
          try (Lora again = Adapters.open(folder);
              Lora.Merged merged = again.mergeInto((HasParameters) lm)) {
            assertThat(again.factors().keySet()).isEqualTo(lora.factors().keySet());
            assertThat(distance(lm.logits(ids, LmContext.whole()), expected)).isLessThan(1e-4);
          }
        });
  }

  /** Linear layers and convolutions of a denoiser. */
  @Test
  void adaptersOfDenoisersGiveTheReferenceAndLeaveNothingBehind() {
    Path folder = Fixtures.path("unet2d-condition-lora");
    try (UNet unet = DiffusionLoader.unet(Fixtures.path("unet2d-condition"));
        Lora lora = Adapters.open(folder);
        SafetensorsFile io = SafetensorsFile.open(folder.resolve("io.safetensors"));
        NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      Supplier<NDArray> noise =
          () ->
              unet.answer(
                  io.read("in.latents", manager),
                  io.read("in.timesteps", manager),
                  io.read("in.text", manager));
      NDArray expected = io.read("out.noise", manager);
      NDArray before = noise.get();
      assertThat(distance(before, expected)).isGreaterThan(0.1);
      try (Lora.Merged merged = lora.mergeInto(unet)) {
        assertThat(distance(noise.get(), expected)).isLessThan(1e-4);
      }
      assertThat(noise.get()).isEqualTo(before);
      assertThat(lora.factors().keySet()).anyMatch(name -> name.contains("conv1"));
    }
  }

  @Test
  void initialAdaptersChangeNothing() {
    with(
        (lm, lora, ids, expected) -> {
          NDArray before = lm.logits(ids, LmContext.whole());
          try (Lora initial = Lora.initial(Map.of(QUERY, new Shape(32, 32)), 4, 8, Rng.of(1));
              Lora.Merged merged = initial.mergeInto((HasParameters) lm)) {
            assertThat(initial.factors().get(QUERY).scale()).isEqualTo(2);
            assertThat(lm.logits(ids, LmContext.whole())).isEqualTo(before);
          }
        });
  }

  @Test
  void adaptersOfOtherModelsAreNamed() {
    with(
        (lm, lora, ids, expected) -> {
          try (Lora strange =
                  Lora.initial(
                      Map.of("model.layers.9.q.weight", new Shape(4, 4)), 1, 1, Rng.of(1));
              Lora narrow = Lora.initial(Map.of(QUERY, new Shape(32, 16)), 1, 1, Rng.of(1))) {
            assertThatThrownBy(() -> strange.mergeInto((HasParameters) lm))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("model.layers.9.q.weight");
            assertThatThrownBy(() -> narrow.mergeInto((HasParameters) lm))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(32, 16)");
            assertThatThrownBy(
                    () -> LanguageModels.causalLm(Fixtures.path("llama"), Precision.FULL, strange))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("model.layers.9.q.weight");
          }
        });
  }

  @Test
  void otherKindsOfAdaptersAreNamed(@TempDir Path folder) throws IOException {
    Files.copy(
        Fixtures.path("llama-lora").resolve("adapter_model.safetensors"),
        folder.resolve("adapter_model.safetensors"));
    Path config = folder.resolve("adapter_config.json");
    for (String[] bad :
        new String[][] {
          {"{\"peft_type\": \"IA3\"}", "IA3"},
          {"{\"peft_type\": \"LORA\", \"lora_alpha\": 8, \"use_dora\": true}", "use_dora"},
          {"{\"peft_type\": \"LORA\", \"lora_alpha\": 8, \"bias\": \"all\"}", "bias"},
          {
            "{\"peft_type\": \"LORA\", \"lora_alpha\": 8, \"modules_to_save\": [\"lm_head\"]}",
            "modules_to_save"
          }
        }) {
      Files.writeString(config, bad[0]);
      assertThatThrownBy(() -> Adapters.open(folder))
          .isInstanceOf(UnsupportedModel.class)
          .hasMessageContaining(bad[1]);
    }
    Files.writeString(config, "{\"peft_type\": \"LORA\"}");
    assertThatThrownBy(() -> Adapters.open(folder))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("lora_alpha");
  }
}
