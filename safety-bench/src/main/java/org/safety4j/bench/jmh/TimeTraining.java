package org.safety4j.bench.jmh;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.model.TrainableLm;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.train.BatchObjective;
import org.safety4j.core.train.CausalLmObjective;
import org.safety4j.core.train.Denoising;
import org.safety4j.core.train.TokenSequence;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;

/**
 * Times steps of training, clipping and AdamW included, for a comparison with another
 * implementation on the same weights: see docs/benchmarks/training_vs_torch.py. Arguments: folders
 * of an image classifier, a causal language model and a diffusion pipeline, batch sizes of the
 * three, tokens a sequence, steps. Prints lines of what and the median in milliseconds.
 */
public final class TimeTraining {
  private final int steps;

  private TimeTraining(int steps) {
    this.steps = steps;
  }

  /**
   * Runs the timing.
   *
   * @param args classifier, language model, pipeline, batches of images, texts and latents, tokens,
   *     steps
   */
  public static void main(String[] args) {
    TimeTraining timing = new TimeTraining(Integer.parseInt(args[7]));
    timing.classifier(Path.of(args[0]), Integer.parseInt(args[3]));
    timing.language(Path.of(args[1]), Integer.parseInt(args[4]), Integer.parseInt(args[6]));
    timing.diffusion(Path.of(args[2]), Integer.parseInt(args[5]));
  }

  private void classifier(Path folder, int batch) {
    try (TrainableClassifier model = (TrainableClassifier) Models.imageClassifier(folder);
        NDManager manager = Tensors.newManager()) {
      Shape shape = new Shape(batch).addAll(model.inputShape());
      NDArray images = Rng.of(0).uniform(manager, shape, 0, 1);
      NDArray labels = manager.create(new long[batch]);
      print(
          "ViT",
          model,
          batch,
          (samples, epoch, rng) ->
              Ops.pick(Ops.logSoftmax(model.forward(images, true)), labels).mean().neg());
    }
  }

  private void language(Path folder, int batch, int tokens) {
    try (TrainableLm model = (TrainableLm) LanguageModels.causalLm(folder)) {
      List<TokenSequence> texts = new ArrayList<>();
      for (int row = 0; row < batch; row++) {
        int[] ids = new int[tokens];
        Arrays.setAll(ids, i -> 100 + 37 * i % 800);
        texts.add(TokenSequence.text(ids));
      }
      print("Llama", model, batch, CausalLmObjective.of(model, texts));
    }
  }

  private void diffusion(Path folder, int batch) {
    try (DiffusionPipeline model = DiffusionLoader.open(folder);
        NDManager manager = Tensors.newManager()) {
      Shape shape = new Shape(batch).addAll(model.latentShape());
      NDArray images = Rng.of(0).uniform(manager, shape, 0, 1);
      print("UNet", model, batch, Denoising.of(model, (samples, rng) -> images));
    }
  }

  /** Every epoch is one step, and ends with a call of the listener. */
  private void print(String what, Trainable model, int batch, BatchObjective objective) {
    List<Long> ends = new ArrayList<>();
    TrainingOptions options = TrainingOptions.adamW(steps + 2, batch, 1e-4);
    Run run = Run.seed(0).withListener((stage, step, of, loss) -> ends.add(System.nanoTime()));
    TrainingLoop.run(model, batch, objective, options, run);
    double[] millis = new double[steps];
    for (int i = 0; i < steps; i++) {
      millis[i] = (ends.get(i + 2) - ends.get(i + 1)) / 1e6;
    }
    Arrays.sort(millis);
    System.out.printf(Locale.ROOT, "%s\t%.2f%n", what, millis[steps / 2]);
  }
}
