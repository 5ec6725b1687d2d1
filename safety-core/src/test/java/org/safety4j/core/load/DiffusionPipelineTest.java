package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.AccessDenied;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.diffusion.Ddim;
import org.safety4j.core.model.diffusion.Ddpm;
import org.safety4j.core.model.diffusion.DpmSolver;
import org.safety4j.core.model.diffusion.Sampler;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.model.diffusion.Spacing;
import org.safety4j.core.nn.Parity;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.run.Budget;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;

/** The fixtures are made by {@code make_pipelines.py}. */
class DiffusionPipelineTest {
  private static final List<String> PROMPTS = List.of("a cat, the dog", "12 things!");
  private static final Rng RNG = Rng.of(1);
  private static DiffusionPipeline text;
  private static DiffusionPipeline pixels;
  private static SafetensorsFile textIo;
  private static SafetensorsFile pixelsIo;

  @BeforeAll
  static void open() {
    text = DiffusionLoader.open(Fixtures.path("pipeline-text"));
    pixels = DiffusionLoader.open(Fixtures.path("pipeline-pixels"));
    textIo = SafetensorsFile.open(Fixtures.path("pipeline-text/io.safetensors"));
    pixelsIo = SafetensorsFile.open(Fixtures.path("pipeline-pixels/io.safetensors"));
  }

  @AfterAll
  static void close() {
    textIo.close();
    pixelsIo.close();
    text.close();
    pixels.close();
  }

  private static NDArray io(String name) {
    return textIo.read(name, text.manager());
  }

  private static void assertClose(NDArray found, NDArray expected) {
    assertThat(found.getShape()).isEqualTo(expected.getShape());
    assertThat(Parity.largestDifference(found, expected)).isLessThan(1e-4f);
  }

  @Test
  void readsScheduleAndSamplerFromTheFolder() {
    assertThat(text.sampling().sampler())
        .isEqualTo(new Ddim(50, 0, Spacing.LEADING, 1, false, Sampler.NO_CLIP));
    assertThat(text.sampling().guidance()).isEqualTo(7.5);
    assertThat(pixels.sampling())
        .isEqualTo(Sampling.of(new Ddim(50, 0, Spacing.TRAILING, 0, true, 1)));
    assertThat(text.imageShape().getShape()).containsExactly(3, 16, 16);
    assertThat(text.card().architecture()).isEqualTo("StableDiffusionPipeline");
  }

  @Test
  void textsAreEncodedLikeTheReference() {
    try (Scope scope = Scope.open()) {
      assertClose(text.textEmbeddings(PROMPTS), io("out.text"));
      assertThat(text.tokenize(PROMPTS).toLongArray()).isEqualTo(io("in.ids").toLongArray());
    }
  }

  @Test
  void guidedImagesAreThoseOfTheReference() {
    Sampling how = text.sampling().withGuidance(4);
    assertImages(how.withSteps(4), "out.ddim");
    assertImages(how.withSteps(3).withNegative("dog"), "out.negative");
    assertImages(how.withSteps(3).withGuidance(1), "out.alone");
    assertImages(how.withSampler(new DpmSolver(5, true, Spacing.LEADING, 1)), "out.dpm");
  }

  private static void assertImages(Sampling how, String name) {
    try (Scope scope = Scope.open()) {
      NDArray words = text.textEmbeddings(PROMPTS);
      assertClose(text.decode(text.sample(io("in.latents"), words, how, RNG)), io(name));
    }
  }

  @Test
  void velocityWithoutSignalAtTheEndIsSampledLikeTheReference() {
    try (Scope scope = Scope.open()) {
      NDArray latents = pixelsIo.read("in.latents", pixels.manager());
      NDArray images =
          pixels.decode(pixels.sample(latents, null, pixels.sampling().withSteps(6), RNG));
      assertClose(images, pixelsIo.read("out.ddim", pixels.manager()));
      Sampling solver = Sampling.of(new DpmSolver(6, false, Spacing.TRAILING, 0));
      NDArray solved = pixels.decode(pixels.sample(latents, null, solver, RNG));
      assertClose(solved, pixelsIo.read("out.dpm", pixels.manager()));
      NDArray noise = pixels.noise(latents, pixelsIo.read("in.timesteps", pixels.manager()), null);
      assertClose(noise, pixelsIo.read("out.noise", pixels.manager()));
    }
  }

  @Test
  void imagesAreEncodedAndInvertedLikeTheReference() {
    try (Scope scope = Scope.open()) {
      NDArray latents = text.encode(io("in.images"));
      assertClose(latents, io("out.encoded"));
      Sampling back = Sampling.of(Ddim.latent(4).inversion());
      NDArray noise = text.sample(latents, text.textEmbeddings(PROMPTS), back, RNG);
      assertClose(noise, io("out.inverted"));
    }
  }

  @Test
  void noiseHasTheReferencesGradientsToLatentsAndTokens() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      NDArray latents = Grad.leaf(io("in.latents"));
      NDArray tokens = Grad.leaf(io("in.tokens"));
      NDArray noise = text.predictNoise(latents, io("in.timesteps"), text.embedTokens(tokens));
      assertClose(Grad.detach(noise), io("out.noise"));
      var found = Grad.vjps(List.of(noise), List.of(latents, tokens), List.of(io("vjp.noise")));
      assertGradient(found.get(0), io("grad.latents"));
      assertGradient(found.get(1), io("grad.tokens"));
      assertThat(Parity.largestDifference(text.tokenEmbeddings(io("in.ids")), io("in.tokens")))
          .isZero();
    }
  }

  private static void assertGradient(NDArray found, NDArray expected) {
    float largest = expected.abs().max().getFloat();
    assertThat(Parity.largestDifference(found, expected)).isLessThan(1e-3f * largest);
  }

  @Test
  void gradientsFlowThroughAWholeSampling() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      NDArray words = text.textEmbeddings(PROMPTS);
      Sampling how = text.sampling().withSteps(2).withGuidance(3);
      NDArray start = io("in.latents");
      NDArray v = Rng.of(5).normal(text.manager(), start.getShape());
      NDArray leaf = Grad.leaf(start);
      NDArray gradient = Grad.vjp(text.denoise(leaf, words, how, RNG), leaf, v);
      NDArray d = Rng.of(6).normal(text.manager(), start.getShape());
      double h = 1e-2;
      NDArray up = text.sample(start.add(d.mul(h)), words, how, RNG);
      NDArray down = text.sample(start.sub(d.mul(h)), words, how, RNG);
      double numeric = up.sub(down).mul(v).sum().getFloat() / (2 * h);
      double analytic = gradient.mul(d).sum().getFloat();
      assertThat(analytic).isCloseTo(numeric, org.assertj.core.data.Percentage.withPercentage(3));
    }
  }

  @Test
  void crossAttentionMapsAreDistributionsOverTokens() {
    try (Scope scope = Scope.open()) {
      NDArray t = text.manager().create(new long[] {500});
      DiffusionModel.CrossAttention shown =
          text.crossAttention(io("in.latents"), t, text.textEmbeddings(PROMPTS));
      assertThat(shown.maps().keySet())
          .containsExactly(
              "down_blocks.0.attentions.0.transformer_blocks.0.attn2",
              "mid_block.attentions.0.transformer_blocks.0.attn2",
              "up_blocks.1.attentions.0.transformer_blocks.0.attn2",
              "up_blocks.1.attentions.1.transformer_blocks.0.attn2");
      NDArray first = shown.maps().values().iterator().next();
      assertThat(first.getShape().getShape()).containsExactly(2, 4, 64, 16);
      for (NDArray map : shown.maps().values()) {
        assertThat(map.sum(new int[] {3}).sub(1).abs().max().getFloat()).isLessThan(1e-5f);
      }
      NDArray noise = text.noise(io("in.latents"), t, text.textEmbeddings(PROMPTS));
      assertThat(Parity.largestDifference(shown.noise(), noise)).isLessThan(1e-5f);
    }
  }

  @Test
  void anImageDependsOnItsOwnIndexAndTextAlone() {
    Sampling how = text.sampling().withSteps(2).withGuidance(2).withSampler(Ddpm.steps(3));
    try (Scope scope = Scope.open()) {
      NDArray both = text.generate(PROMPTS, how, RNG);
      NDArray again = text.generate(List.of(PROMPTS.get(0), "another"), how, RNG);
      assertThat(Parity.largestDifference(Ops.rows(both, 0), Ops.rows(again, 0))).isLessThan(1e-5f);
      assertThat(Parity.largestDifference(Ops.rows(both, 1), Ops.rows(again, 1)))
          .isGreaterThan(1e-4f);
      assertThat(both.min().getFloat()).isGreaterThanOrEqualTo(0);
      assertThat(both.max().getFloat()).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void variationsOfLittleStrengthStayNearTheReconstruction() {
    Sampling how = text.sampling().withSteps(50).withGuidance(1);
    try (Scope scope = Scope.open()) {
      NDArray x = io("in.images");
      NDArray plain = text.decode(text.encode(x));
      double little = distance(text.vary(x, PROMPTS, 0.02, how, RNG), plain);
      double much = distance(text.vary(x, PROMPTS, 0.6, how, RNG), plain);
      assertThat(little).isLessThan(0.5 * much);
      assertThat(little).isGreaterThan(0);
    }
  }

  private static double distance(NDArray a, NDArray b) {
    return a.sub(b).abs().mean().getFloat();
  }

  @Test
  void aCopyHasItsOwnDenoiser() {
    Sampling how = text.sampling().withSteps(2);
    String name = text.denoiser().textLayers().get(0) + ".to_v.weight";
    try (Scope scope = Scope.open();
        DiffusionPipeline copy = text.copy()) {
      NDArray before = text.generate(PROMPTS, how, RNG);
      assertThat(Parity.largestDifference(copy.generate(PROMPTS, how, RNG), before)).isZero();
      NDArray weight = copy.parameters().get(name);
      Ops.overwrite(weight, weight.mul(-3));
      assertThat(Parity.largestDifference(copy.generate(PROMPTS, how, RNG), before))
          .isGreaterThan(1e-4f);
      assertThat(Parity.largestDifference(text.generate(PROMPTS, how, RNG), before)).isZero();
    }
    try (Scope scope = Scope.open()) {
      assertThat(text.textEmbeddings(PROMPTS).getShape().get(0)).isEqualTo(2);
    }
  }

  @Test
  void restrictedModelCountsImagesAndKeepsItsCopies() {
    DiffusionModel.Black black =
        Access.restrict(pixels, DiffusionModel.Black.class, Budget.unlimited());
    try (Scope scope = Scope.open()) {
      black.generate(3, pixels.sampling().withSteps(2), RNG);
    }
    assertThat(Access.usage(black).queries()).isEqualTo(3);
    DiffusionModel.White white =
        Access.restrict(pixels, DiffusionModel.White.class, Budget.unlimited());
    assertThatThrownBy(white::copy).isInstanceOf(AccessDenied.class);
  }

  @Test
  void saysWhatItCannotDo() {
    try (Scope scope = Scope.open()) {
      Sampling how = pixels.sampling().withSteps(2);
      assertThatThrownBy(() -> pixels.generate(List.of("a cat"), how, RNG))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("takes no text")
          .hasMessageContaining("a cat");
      assertThatThrownBy(() -> pixels.generate(1, how.withGuidance(3), RNG))
          .hasMessageContaining("guidance must be 1");
      assertThatThrownBy(() -> text.vary(io("in.images"), PROMPTS, 0, how, RNG))
          .hasMessageContaining("strength must be in (0, 1]");
      assertThatThrownBy(() -> Ddpm.steps(2000).start(text.schedule(), text.manager()))
          .hasMessageContaining("at most the 1000 steps");
    }
  }

  @Test
  void samplingLeaksNothing() {
    Sampling how = text.sampling().withSteps(3).withGuidance(2);
    NDManager manager = text.manager();
    text.generate(PROMPTS, how, RNG).close();
    int before = manager.getManagedArrays().size();
    for (int i = 0; i < 5; i++) {
      text.generate(PROMPTS, how, RNG).close();
      text.generate(PROMPTS, how.withSampler(DpmSolver.steps(3)), RNG).close();
    }
    assertThat(manager.getManagedArrays()).hasSize(before);
  }

  @Test
  void threadsAgree() {
    Sampling how = text.sampling().withSteps(2).withGuidance(2);
    List<float[]> results =
        Stream.of(0, 1, 2, 3)
            .parallel()
            .map(
                i -> {
                  try (Scope scope = Scope.open()) {
                    return text.generate(PROMPTS, how, RNG).toFloatArray();
                  }
                })
            .toList();
    for (float[] result : results) {
      assertThat(result).isEqualTo(results.get(0));
    }
  }

  private static Path copyOf(Path fixture, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(fixture)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path target = to.resolve(fixture.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return to;
  }

  private static void edit(Path file, String from, String to) throws IOException {
    String before = Files.readString(file);
    assertThat(before).contains(from);
    Files.writeString(file, before.replace(from, to));
  }

  @Test
  void namesWhatIsNotSupported(@TempDir Path folder) throws IOException {
    copyOf(Fixtures.path("pipeline-text"), folder);
    Path unet = folder.resolve("unet/config.json");
    edit(unet, "\"CrossAttnDownBlock2D\"", "\"SkipDownBlock2D\"");
    assertThatThrownBy(() -> DiffusionLoader.open(folder))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("SkipDownBlock2D")
        .hasMessageContaining("down_block_types");
    edit(unet, "\"SkipDownBlock2D\"", "\"CrossAttnDownBlock2D\"");
    edit(unet, "\"addition_embed_type\": null", "\"addition_embed_type\": \"text_time\"");
    assertThatThrownBy(() -> DiffusionLoader.open(folder))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("addition_embed_type");
    edit(folder.resolve("model_index.json"), "StableDiffusionPipeline", "FluxPipeline");
    assertThatThrownBy(() -> DiffusionLoader.open(folder))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("FluxPipeline");
  }

  @Test
  void namesTheTensorThatDoesNotFit(@TempDir Path folder) throws IOException {
    copyOf(Fixtures.path("pipeline-text"), folder);
    edit(
        folder.resolve("unet/config.json"),
        "\"cross_attention_dim\": 24",
        "\"cross_attention_dim\": 25");
    assertThatThrownBy(() -> DiffusionLoader.open(folder))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("attn2.to_k.weight")
        .hasMessageContaining("25");
    edit(
        folder.resolve("unet/config.json"),
        "\"cross_attention_dim\": 25",
        "\"cross_attention_dim\": 24");
    edit(folder.resolve("vae/config.json"), "\"layers_per_block\": 1", "\"layers_per_block\": 2");
    assertThatThrownBy(() -> DiffusionLoader.open(folder))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("encoder.down_blocks.0.resnets.1.norm1.weight");
  }
}
