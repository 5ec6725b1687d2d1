package org.safety4j.bench.jmh;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.safety4j.attacks.vision.adversarial.AutoAttack;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.datasets.images.NpzImages;

/**
 * Times AutoAttack's standard version and each of its members alone on a model folder and images in
 * an NPZ file, for a comparison with another implementation on the same weights and images: see
 * docs/benchmarks/autoattack_vs_python.py. Arguments: folder, file with {@code images} and {@code
 * labels}, Linf radius, repetitions. Prints a line each: name, least seconds, a digit an image that
 * is 1 where it is classified correctly afterwards. {@code clean} is the model without attack,
 * {@code standard} leaves out what has fallen, {@code all} attacks every image with every member,
 * where an image that falls still leaves its member early; {@code standing} is {@code standard} on
 * the images alone that stand after it, of which none leaves early.
 */
public final class TimeAutoAttack {
  private static final List<String> MEMBERS = List.of("apgd-ce", "apgd-t", "fab-t", "square");

  private TimeAutoAttack() {}

  /**
   * Runs the timing.
   *
   * @param args folder, file, radius, repetitions
   */
  public static void main(String[] args) {
    AutoAttack standard = AutoAttack.standard(Double.parseDouble(args[2]));
    int repetitions = Integer.parseInt(args[3]);
    try (ImageClassifier.White model = Models.imageClassifier(Path.of(args[0]));
        LabeledImages images = NpzImages.read(Path.of(args[1]), "images", "labels")) {
      print("clean", 0, model.labels(images.images()), images.labels());
      List<EvasionAttack<?>> members = standard.members(model.classes());
      for (int i = 0; i < MEMBERS.size(); i++) {
        time(MEMBERS.get(i), members.get(i), model, images, repetitions);
      }
      int[] answers = time("standard", standard, model, images, repetitions);
      int[] labels = images.labels();
      int[] standing =
          IntStream.range(0, labels.length).filter(i -> answers[i] == labels[i]).toArray();
      if (standing.length > 0) {
        try (LabeledImages left = images.subset(standing)) {
          time("standing", standard, model, left, repetitions);
        }
      }
      time("all", standard.withFallenKept(true), model, images, repetitions);
    }
  }

  private static <M extends ImageClassifier.Black> int[] time(
      String name,
      EvasionAttack<M> attack,
      ImageClassifier.White model,
      LabeledImages images,
      int repetitions) {
    double least = Double.POSITIVE_INFINITY;
    int[] answers = new int[0];
    for (int i = 0; i < repetitions; i++) {
      long start = System.nanoTime();
      try (EvasionResult result = attack.run(attack.requires().cast(model), images, Run.seed(0))) {
        least = Math.min(least, (System.nanoTime() - start) / 1e9);
        answers = model.labels(result.adversarials());
      }
    }
    print(name, least, answers, images.labels());
    return answers;
  }

  private static void print(String name, double seconds, int[] answers, int[] labels) {
    StringBuilder standing = new StringBuilder();
    for (int i = 0; i < labels.length; i++) {
      standing.append(answers[i] == labels[i] ? '1' : '0');
    }
    System.out.printf(Locale.ROOT, "%s\t%.3f\t%s%n", name, seconds, standing);
  }
}
