package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;

/** What every diffusion model must keep to, with text or without. */
public abstract class DiffusionModelContract extends ModelContract<DiffusionModel.Gray> {
  private static final Rng RNG = Rng.of(8);
  private List<String> prompts;
  private NDArray latents;
  private NDArray steps;
  private NDArray text;
  private NDArray images;

  /** For subclasses. */
  protected DiffusionModelContract() {}

  @Override
  protected List<Class<? extends Model>> rungs() {
    return List.of(
        DiffusionModel.Black.class, DiffusionModel.Gray.class, DiffusionModel.White.class);
  }

  private Sampling sampling() {
    Sampling sampling = model().sampling().withSteps(2);
    return model().takesText() ? sampling.withGuidance(2) : sampling;
  }

  private NDArray latents(NDManager owner) {
    return Rng.of(5).normal(owner, new Shape(2).addAll(model().latentShape()));
  }

  private static NDArray steps(NDManager owner) {
    return owner.create(new long[] {300, 700});
  }

  @Override
  void prepare() {
    prompts = model().takesText() ? List.of("a cat, the dog", "12 things!") : List.of("", "");
    latents = latents(manager());
    steps = steps(manager());
    text = model().takesText() ? model().textEmbeddings(prompts) : null;
    images = Rng.of(6).uniform(manager(), new Shape(2).addAll(model().imageShape()), 0, 1);
  }

  @Override
  protected float[] answer(DiffusionModel.Gray asked, NDManager own) {
    NDArray words = asked.takesText() ? asked.textEmbeddings(prompts) : null;
    return asked.noise(latents(own), steps(own), words).toFloatArray();
  }

  @Override
  void use() {
    free(model().noise(latents, steps, text), model().encode(images), model().decode(latents));
    free(model().generate(prompts, sampling(), RNG));
    free(model().vary(images, prompts, 0.5, sampling(), RNG));
    if (model() instanceof DiffusionModel.White white) {
      free(white.predictNoise(latents, steps, text), white.answer(latents, steps, text));
      if (white.takesText()) {
        try (NDArray ids = white.tokenize(prompts);
            NDArray tokens = white.tokenEmbeddings(ids)) {
          free(white.embedTokens(tokens));
        }
        DiffusionModel.CrossAttention shown = white.crossAttention(latents, steps, text);
        free(shown.noise());
        shown.maps().values().forEach(NDArray::close);
      }
    }
  }

  private DiffusionModel.White white() {
    return as(DiffusionModel.White.class);
  }

  @Test
  final void makesImages() {
    NDArray made = model().generate(prompts, sampling(), RNG);
    assertThat(made.getShape()).isEqualTo(new Shape(2).addAll(model().imageShape()));
    assertFinite(made);
    assertThat(made.min().getFloat()).isGreaterThanOrEqualTo(0);
    assertThat(made.max().getFloat()).isLessThanOrEqualTo(1);
    assertNear(model().generate(prompts, sampling(), RNG), made, 0);
    NDArray other = model().generate(prompts, sampling(), Rng.of(9));
    assertThat(other.sub(made).abs().max().getFloat()).isGreaterThan(1e-4f);
  }

  @Test
  final void anImageDoesNotDependOnTheOthers() {
    NDArray both = model().generate(prompts, sampling(), RNG);
    NDArray alone = model().generate(prompts.subList(0, 1), sampling(), RNG);
    assertNear(alone, Ops.rows(both, 0), tolerance());
    assertThat(both.get(0).sub(both.get(1)).abs().max().getFloat()).isGreaterThan(1e-4f);
    NDArray varied = model().vary(images, prompts, 0.5, sampling(), RNG);
    assertThat(varied.getShape()).isEqualTo(images.getShape());
    assertNear(
        model().vary(Ops.rows(images, 0), prompts.subList(0, 1), 0.5, sampling(), RNG),
        Ops.rows(varied, 0),
        tolerance());
  }

  @Test
  final void estimatesTheNoiseOfEachAsIfAlone() {
    NDArray noise = model().noise(latents, steps, text);
    assertThat(noise.getShape()).isEqualTo(latents.getShape());
    assertFinite(noise);
    assertNear(
        joined(
            2,
            i ->
                model()
                    .noise(
                        Ops.rows(latents, i),
                        Ops.rows(steps, i),
                        text == null ? null : Ops.rows(text, i))),
        noise,
        tolerance());
    NDArray one = Ops.rows(steps, 0);
    assertNear(Ops.rows(model().noise(latents, one, text), 0), Ops.rows(noise, 0), tolerance());
    assertThat(
            model()
                .noise(latents, Ops.rows(steps, 1), text)
                .sub(noise)
                .get(0)
                .abs()
                .max()
                .getFloat())
        .as("the step matters")
        .isGreaterThan(1e-6f);
  }

  @Test
  final void encodesAndDecodes() {
    NDArray encoded = model().encode(images);
    assertThat(encoded.getShape()).isEqualTo(latents.getShape());
    NDArray decoded = model().decode(encoded);
    assertThat(decoded.getShape()).isEqualTo(images.getShape());
    assertThat(decoded.min().getFloat()).isGreaterThanOrEqualTo(0);
    assertThat(decoded.max().getFloat()).isLessThanOrEqualTo(1);
    assertNear(joined(2, i -> model().encode(Ops.rows(images, i))), encoded, tolerance());
  }

  @Test
  final void samplesFromTheLatentsThatItIsGiven() {
    NDArray end = model().sample(latents, text, sampling(), RNG);
    assertThat(end.getShape()).isEqualTo(latents.getShape());
    assertFinite(end);
    assertNear(model().sample(latents, text, sampling(), RNG), end, 0);
    assertNear(white().denoise(latents, text, sampling(), RNG), end, tolerance());
  }

  @Test
  final void recordedAnswersAreTheSame() {
    NDArray noise = model().noise(latents, steps, text);
    assertNear(white().predictNoise(latents, steps, text), noise, tolerance());
    assertNear(white().toLatents(images), model().encode(images), tolerance());
    assertNear(Ops.clamp(white().toImages(latents), 0, 1), model().decode(latents), tolerance());
    assertThat(white().answer(latents, steps, text).getShape()).isEqualTo(latents.getShape());
    assertThat(white().parts()).containsKey("denoiser");
    assertThat(white().parameters()).isNotEmpty();
  }

  @Test
  final void gradientMatchesFiniteDifferences() {
    assertGradient(
        latents,
        Grad.of(x -> weighed(white().predictNoise(x, steps, text)), latents),
        x -> weighed(white().predictNoise(x, steps, text)));
  }

  @Test
  final void readsTextsThroughTheirTokens() {
    DiffusionModel.White white = white();
    if (!white.takesText()) {
      assertRefused(() -> white.textEmbeddings(List.of("a cat")), "text");
      assertRefused(() -> white.generate(List.of("a cat"), sampling(), RNG), "a cat");
      return;
    }
    NDArray tokens = white.tokenEmbeddings(white.tokenize(prompts));
    assertNear(white.embedTokens(tokens), text, tolerance());
    NDArray swapped = text.flip(0);
    assertThat(
            white
                .noise(latents, steps, swapped)
                .sub(white.noise(latents, steps, text))
                .abs()
                .max()
                .getFloat())
        .as("the text matters")
        .isGreaterThan(1e-6f);
    DiffusionModel.CrossAttention shown = white.crossAttention(latents, steps, text);
    assertNear(shown.noise(), white.noise(latents, steps, text), tolerance());
    assertThat(shown.maps()).isNotEmpty();
    for (NDArray map : shown.maps().values()) {
      assertThat(map.getShape().get(0)).isEqualTo(2);
      assertThat(map.getShape().get(3)).isEqualTo(text.getShape().get(1));
      assertDistributions(map);
    }
  }

  @Test
  final void aCopyIsItsOwn() {
    NDArray noise = model().noise(latents, steps, text);
    try (DiffusionModel.White copy = white().copy()) {
      assertNear(copy.noise(latents, steps, text), noise, 0);
      NDArray weight =
          copy.parameters().values().stream()
              .filter(w -> w.getShape().dimension() == 4)
              .findFirst()
              .orElseThrow();
      Ops.overwrite(weight, weight.mul(0));
      assertThat(copy.noise(latents, steps, text).sub(noise).abs().max().getFloat())
          .isGreaterThan(1e-6f);
    }
    assertNear(model().noise(latents, steps, text), noise, 0);
  }

  @Test
  final void refusesWhatDoesNotFit() {
    assertRefused(() -> model().encode(images.get("0")), "[N, C, H, W]");
    assertRefused(
        () -> model().vary(images, Collections.nCopies(3, prompts.get(0)), 0.5, sampling(), RNG),
        "prompts",
        "3",
        "2");
    assertRefused(() -> model().vary(images, prompts, 0, sampling(), RNG), "strength");
    assertRefused(() -> model().generate(List.of(), sampling(), RNG), "prompts");
    assertRefused(() -> model().noise(latents.get(":, 1:"), steps, text), "latents");
    NDArray three = manager().create(new long[] {1, 2, 3});
    assertRefused(() -> model().noise(latents, three, text), "timesteps", "3");
  }
}
