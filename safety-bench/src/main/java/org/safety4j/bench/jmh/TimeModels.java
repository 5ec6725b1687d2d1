package org.safety4j.bench.jmh;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.diffusion.Ddim;
import org.safety4j.core.model.diffusion.Sampling;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Times forward and backward passes to the inputs, and sampling, for a comparison with another
 * implementation on the same weights: see docs/benchmarks/models_vs_python.py. Arguments: folder of
 * an image classifier, folder of a diffusion pipeline, batch sizes of both, sampling steps,
 * repetitions. Prints lines of what and the median in milliseconds.
 */
public final class TimeModels {
  private final int repetitions;

  private TimeModels(int repetitions) {
    this.repetitions = repetitions;
  }

  /**
   * Runs the timing.
   *
   * @param args classifier, pipeline, batch of images, batch of latents, steps, repetitions
   */
  public static void main(String[] args) {
    TimeModels timing = new TimeModels(Integer.parseInt(args[5]));
    timing.classifier(Path.of(args[0]), Integer.parseInt(args[2]));
    timing.diffusion(Path.of(args[1]), Integer.parseInt(args[3]), Integer.parseInt(args[4]));
  }

  private void classifier(Path folder, int batch) {
    try (ImageClassifier.White model = Models.imageClassifier(folder);
        NDManager manager = Tensors.newManager()) {
      Shape shape = new Shape(batch).addAll(model.inputShape());
      NDArray images = Rng.of(0).uniform(manager, shape, 0, 1);
      NDArray cotangent = manager.ones(new Shape(batch, model.classes()));
      print(
          "ViT forward and backward",
          () -> {
            try (Scope scope = Scope.open();
                Linearized at = model.linearize(images)) {
              at.lastPullback(cotangent);
            }
          });
    }
  }

  private void diffusion(Path folder, int batch, int steps) {
    try (DiffusionModel.White model = DiffusionLoader.open(folder);
        NDManager manager = Tensors.newManager()) {
      Shape shape = new Shape(batch).addAll(model.latentShape());
      NDArray latents = Rng.of(0).normal(manager, shape);
      NDArray times = manager.create(new long[batch]).add(500);
      print(
          "UNet forward and backward",
          () -> {
            try (Scope scope = Scope.open()) {
              Grad.of(x -> model.predictNoise(x, times, null).sum(), latents);
            }
          });
      Sampling sampling = Sampling.of(Ddim.steps(steps));
      print(
          "DDIM, " + steps + " steps",
          () -> {
            try (Scope scope = Scope.open()) {
              model.sample(latents, null, sampling, Rng.of(1));
            }
          });
    }
  }

  private void print(String what, Runnable task) {
    task.run();
    double[] millis = new double[repetitions];
    for (int i = 0; i < repetitions; i++) {
      long start = System.nanoTime();
      task.run();
      millis[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(millis);
    System.out.printf(Locale.ROOT, "%s\t%.2f%n", what, millis[repetitions / 2]);
  }
}
