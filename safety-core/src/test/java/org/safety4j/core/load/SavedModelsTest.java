package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.model.diffusion.Ddpm;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.Parity;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.nn.clip.ClipTextConfig;
import org.safety4j.core.nn.clip.ClipTowerConfig;
import org.safety4j.core.nn.clip.ClipVisionConfig;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.nn.diffusion.UNet;
import org.safety4j.core.nn.diffusion.UNetConfig;
import org.safety4j.core.nn.sam.Sam;
import org.safety4j.core.nn.sam.SamConfig;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

class SavedModelsTest {
  private static final List<String> TEXTS = List.of("a cat", "the dog's 12 things");

  @Test
  void dualEncoderComesBackTheSame(@TempDir Path folder) {
    ClipTowerConfig tower = ClipTowerConfig.small(16, 1, 2);
    try (Clip clip =
            Clip.initial(
                new ClipTextConfig(tower, 526, 12, 524, 525, 0),
                new ClipVisionConfig(tower, 8, 4, 3),
                10,
                Normalization.imageNet(),
                ModelFiles.in(Fixtures.path("pipeline-text/tokenizer")).tokenizer(),
                Rng.of(1),
                "tiny");
        Scope scope = Scope.open()) {
      Models.save(clip, folder);
      try (Clip back = Models.open(folder, Clip.class)) {
        NDArray x = Rng.of(2).uniform(clip.manager(), new Shape(2, 3, 8, 8), 0, 1);
        assertThat(Parity.largestDifference(back.imageEmbeddings(x), clip.imageEmbeddings(x)))
            .isLessThan(1e-6f);
        assertThat(Parity.largestDifference(back.textEmbeddings(TEXTS), clip.textEmbeddings(TEXTS)))
            .isZero();
        assertThat(back.logitScale()).isEqualTo(clip.logitScale());
        assertThat(back.tokenizer().special()).isEqualTo(clip.tokenizer().special());
      }
    }
  }

  @Test
  void segmenterComesBackTheSame(@TempDir Path folder) {
    try (Sam sam =
            Sam.initial(
                SamConfig.small(32, 1, 4, 16, 2, 2), Normalization.none(1), Rng.of(1), "tiny");
        Scope scope = Scope.open()) {
      Models.save(sam, folder);
      try (Sam back = Models.open(folder, Sam.class)) {
        assertThat(back.config()).isEqualTo(sam.config());
        NDArray x = Rng.of(2).uniform(sam.manager(), new Shape(2, 1, 32, 32), 0, 1);
        Segmenter.Prompt prompt = Segmenter.Prompt.box(sam.manager(), 3, 4, 20, 25);
        assertThat(
                Parity.largestDifference(
                    back.predict(x, prompt, true).logits(), sam.predict(x, prompt, true).logits()))
            .isZero();
      }
    }
  }

  @Test
  void pipelinesComeBackTheSame(@TempDir Path folder) {
    for (String fixture : List.of("pipeline-text", "pipeline-pixels")) {
      Path saved = folder.resolve(fixture);
      try (DiffusionPipeline model = DiffusionLoader.open(Fixtures.path(fixture));
          Scope scope = Scope.open()) {
        Models.save(model, saved);
        try (DiffusionPipeline back = DiffusionLoader.open(saved)) {
          assertThat(back.schedule()).isEqualTo(model.schedule());
          assertThat(back.sampling()).isEqualTo(model.sampling());
          assertThat(back.denoiser().config()).isEqualTo(model.denoiser().config());
          Sampling how = model.sampling().withSteps(2);
          List<String> prompts = model.takesText() ? TEXTS : List.of("", "");
          assertThat(
                  Parity.largestDifference(
                      back.generate(prompts, how, Rng.of(3)),
                      model.generate(prompts, how, Rng.of(3))))
              .as(fixture)
              .isZero();
        }
      }
    }
  }

  @Test
  void untrainedPixelModelComesBackTheSame(@TempDir Path folder) {
    try (DiffusionPipeline model =
            DiffusionPipeline.of(
                ModelCard.named("tiny"),
                UNet.initial(UNetConfig.unconditional(8, 1, List.of(8, 16), 1), Rng.of(4)),
                null,
                null,
                NoiseSchedule.ddpm(),
                Sampling.of(Ddpm.steps(50).withClip(1)));
        Scope scope = Scope.open()) {
      DiffusionLoader.save(model, folder);
      try (DiffusionPipeline back = DiffusionLoader.open(folder)) {
        assertThat(back.sampling()).isEqualTo(model.sampling());
        assertThat(back.schedule()).isEqualTo(NoiseSchedule.ddpm());
        Sampling how = model.sampling().withSteps(2);
        assertThat(
                Parity.largestDifference(
                    back.generate(2, how, Rng.of(3)), model.generate(2, how, Rng.of(3))))
            .isZero();
      }
    }
  }

  @Test
  void whatCannotBeNamedIsNotSaved(@TempDir Path folder) {
    UNetConfig plain = UNetConfig.unconditional(8, 1, List.of(8, 16), 1);
    UNetConfig uneven =
        new UNetConfig(
            plain.height(),
            plain.width(),
            plain.inChannels(),
            plain.outChannels(),
            plain.channels(),
            List.of(1, 2),
            plain.down(),
            plain.middle(),
            plain.up(),
            plain.heads(),
            plain.depth(),
            plain.textWidth(),
            plain.linearProjection(),
            plain.groups(),
            plain.epsilon(),
            plain.activation(),
            plain.scaleShift(),
            plain.middleScale(),
            plain.downPadding(),
            plain.cosineFirst(),
            plain.frequencyShift(),
            plain.centre(),
            plain.inKernel(),
            plain.outKernel());
    try (DiffusionPipeline model =
        DiffusionPipeline.of(
            ModelCard.named("tiny"),
            UNet.initial(uneven, Rng.of(4)),
            null,
            null,
            NoiseSchedule.ddpm(),
            Sampling.of(Ddpm.steps(50)))) {
      assertThatThrownBy(() -> DiffusionLoader.save(model, folder))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("layers")
          .hasMessageContaining("[1, 2]");
    }
  }
}
