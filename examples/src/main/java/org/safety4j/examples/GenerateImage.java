package org.safety4j.examples;

import ai.djl.ndarray.NDArray;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.datasets.zoo.DdpmRecipe;
import org.safety4j.datasets.zoo.T2iRecipe;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.examples.pictures.PictureFile;

/** Makes a picture with a diffusion model: of a text, or a digit. */
public final class GenerateImage {
  private static final String USAGE =
      """
      GenerateImage [MODEL] [PROMPT] [OPTIONS]: makes a picture of a text.

        MODEL            a folder of diffusers with model_index.json; without one the bundled
                         mini-t2i, which draws emoji of 32x32 pixels ("bomb", "red apple")
        PROMPT           the text; "" for a MODEL that takes none; without MODEL and PROMPT the
                         bundled mini-ddpm draws a digit of 8x8 pixels
        --seed N         the same seed gives the same picture (0)
        --steps N        steps of the sampler (what the model's files say; 20 for the bundled
                         mini-t2i, 200 for mini-ddpm)
        --guidance G     how closely the text is followed (what the model's files say; 3 for the
                         bundled mini-t2i)
        --negative TEXT  what the picture should not show
        --out FILE       the picture, a PNG file (image.png)
      """;

  private static final String STEPS = "--steps";
  private static final String GUIDANCE = "--guidance";
  private static final String NEGATIVE = "--negative";

  private GenerateImage() {}

  /**
   * Runs the example; ends the process with 2 if the arguments or what they name are wrong.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    int code = run(args, System.out, System.err);
    if (code != 0) {
      System.exit(code);
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    return Arguments.run(
        USAGE,
        List.of("[MODEL]", "[PROMPT]"),
        Set.of("--seed", STEPS, GUIDANCE, NEGATIVE, "--out"),
        args,
        out,
        err,
        arguments -> {
          long seed = arguments.integer("--seed", 0, Long.MIN_VALUE, Long.MAX_VALUE);
          int steps = (int) arguments.integer(STEPS, 0, 1, 1000);
          double guidance = arguments.number(GUIDANCE, 0, 0, 100);
          Path target = arguments.path("--out", "image.png");
          PictureFile.requireWritable(target);
          Request request = Request.of(arguments);
          try (DiffusionModel.White model = request.model.get();
              Scope scope = Scope.open()) {
            Sampling sampling = request.sampling.apply(model);
            sampling = steps == 0 ? sampling : sampling.withSteps(steps);
            sampling = arguments.has(GUIDANCE) ? sampling.withGuidance(guidance) : sampling;
            sampling =
                arguments.has(NEGATIVE)
                    ? sampling.withNegative(arguments.text(NEGATIVE, ""))
                    : sampling;
            NDArray image = model.generate(List.of(request.prompt), sampling, Rng.of(seed));
            PictureFile.write(PictureFile.of(image), target);
            out.println(target);
          }
        });
  }

  /** What is asked of which model. */
  private record Request(
      Supplier<DiffusionModel.White> model,
      Function<DiffusionModel.White, Sampling> sampling,
      String prompt) {
    static Request of(Arguments arguments) throws Arguments.Wrong {
      if (!arguments.has(0)) {
        return new Request(Zoo.miniDdpm()::open, model -> DdpmRecipe.sampling(), "");
      }
      if (!arguments.has(1)) {
        String prompt = arguments.text(0);
        if (Files.isDirectory(arguments.path(0))) {
          throw new Arguments.Wrong("PROMPT is missing after the folder " + prompt);
        }
        return new Request(Zoo.miniT2i()::open, model -> T2iRecipe.sampling(), prompt);
      }
      Path folder = arguments.path(0);
      return new Request(
          () -> Models.diffusionModel(folder), DiffusionModel.White::sampling, arguments.text(1));
    }
  }
}
