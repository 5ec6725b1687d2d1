package org.safety4j.examples;

import ai.djl.ndarray.NDArray;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.examples.pictures.PictureFile;

/** Makes a picture of a text with a diffusion model. */
public final class GenerateImage {
  private static final String USAGE =
      """
      GenerateImage MODEL PROMPT [OPTIONS]: makes a picture of a text.

        MODEL            a folder of diffusers with model_index.json
        PROMPT           the text; "" for a model that takes none
        --seed N         the same seed gives the same picture (0)
        --steps N        steps of the sampler (what the model's files say)
        --guidance G     how closely the text is followed (what the model's files say)
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
        List.of("MODEL, a folder of diffusers,", "PROMPT"),
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
          try (DiffusionModel.White model = Models.diffusionModel(arguments.path(0));
              Scope scope = Scope.open()) {
            Sampling sampling = model.sampling();
            sampling = steps == 0 ? sampling : sampling.withSteps(steps);
            sampling = arguments.has(GUIDANCE) ? sampling.withGuidance(guidance) : sampling;
            sampling =
                arguments.has(NEGATIVE)
                    ? sampling.withNegative(arguments.text(NEGATIVE, ""))
                    : sampling;
            NDArray image = model.generate(List.of(arguments.text(1)), sampling, Rng.of(seed));
            PictureFile.write(PictureFile.of(image), target);
            out.println(target);
          }
        });
  }
}
