package org.safety4j.bench.campaign;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.safety4j.bench.stats.Cell;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.Example;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.attack.QueryTrace;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.model.Usage;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;

/** Measures one cell on live models. */
final class Measure {
  private static final long BATCH_ENTRIES = 2_000_000;
  private static final int LARGEST_BATCH = 256;
  private static final int TRACE_POINTS = 64;
  private static final int TRACE_STEPS = 24;
  private static final int PASSES = 3;
  private static final double QUICK = 300;
  private static final double TOLERANCE = 1e-6;

  private static final LogitLoss CROSS_ENTROPY =
      (logits, labels) -> Ops.pick(Ops.logSoftmax(logits), labels).neg();

  private Measure() {}

  /** Answers for every image, in bounded batches. */
  static int[] answers(ImageClassifier.Black model, NDArray images) {
    int n = Math.toIntExact(images.getShape().get(0));
    int[] answers = new int[n];
    int batch = batchSize(images);
    for (int from = 0; from < n; from += batch) {
      int to = Math.min(n, from + batch);
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        int[] part = model.labels(images.get(new NDIndex(from + ":" + to)));
        System.arraycopy(part, 0, answers, from, to - from);
      }
    }
    return answers;
  }

  private static int batchSize(NDArray images) {
    long entries = Math.max(1, images.size() / Math.max(1, images.getShape().get(0)));
    return (int) Math.max(1, Math.min(LARGEST_BATCH, BATCH_ENTRIES / entries));
  }

  /**
   * A defended model without attack, and what adapts to it.
   *
   * @param original the undefended model; null where there is none
   * @param model the defended model
   * @param twin the model under a second, independent draw of the same defense
   */
  static Entry.Baseline baseline(
      Cell cell,
      Defense<?, ?> defense,
      ImageClassifier.Black original,
      ImageClassifier.Black model,
      ImageClassifier.Black twin,
      LabeledImages images) {
    long start = System.nanoTime();
    int[] first = answers(model, images.images());
    double millis = Double.POSITIVE_INFINITY;
    int[] second = first;
    for (int pass = 0; pass < PASSES && (pass == 0 || millis * images.size() < QUICK); pass++) {
      long again = System.nanoTime();
      second = answers(model, images.images());
      millis = Math.min(millis, (System.nanoTime() - again) / 1e6 / Math.max(1, images.size()));
    }
    boolean random =
        !Arrays.equals(first, second)
            || differs(model, model, images)
            || differs(model, twin, images);
    int[] gradients = gradients(model, images);
    LinkedHashSet<String> adaptive = new LinkedHashSet<>(defense.info().adaptiveAttacks());
    adaptive.addAll(Defending.picked(defense, original, model, random, gradients[0]));
    return new Entry.Baseline(
        cell,
        first,
        Rungs.of(model),
        Rungs.highest(model),
        List.copyOf(adaptive),
        random,
        gradients[0],
        gradients[1],
        millis,
        (System.nanoTime() - start) / 1e9);
  }

  private static boolean differs(
      ImageClassifier.Black first, ImageClassifier.Black second, LabeledImages images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      int few = Math.min(images.size(), Math.min(32, batchSize(images.images())));
      NDArray some = images.images().get(new NDIndex(":" + few));
      if (first instanceof ImageClassifier.Gray a && second instanceof ImageClassifier.Gray b) {
        NDArray gap = a.logits(some).sub(b.logits(some)).abs();
        return gap.max().getFloat() > 1e-4f;
      }
      return !Arrays.equals(first.labels(some), second.labels(some));
    }
  }

  /** How many images have a zero gradient, and how many one that is not finite; -1 for none. */
  private static int[] gradients(ImageClassifier.Black model, LabeledImages images) {
    if (!(model instanceof ImageClassifier.White white)) {
      return new int[] {-1, -1};
    }
    int zero = 0;
    int bad = 0;
    int batch = batchSize(images.images());
    for (int from = 0; from < images.size(); from += batch) {
      NDIndex part = new NDIndex(from + ":" + Math.min(images.size(), from + batch));
      try (Scope scope = Scope.open()) {
        NDArray gradient =
            white
                .gradient(images.images().get(part), images.labelArray().get(part), CROSS_ENTROPY)
                .gradient();
        boolean[] moves = Ops.anyNonZero(gradient).toBooleanArray();
        boolean[] broken = Ops.anyNotFinite(gradient).toBooleanArray();
        for (int i = 0; i < moves.length; i++) {
          bad += broken[i] ? 1 : 0;
          zero += !broken[i] && !moves[i] ? 1 : 0;
        }
      }
    }
    return new int[] {zero, bad};
  }

  /**
   * An attack on a defended model. What it reports is measured again: the images' answers, their
   * distances, and whether they keep to the ball.
   *
   * @param target the model that the attack sees
   * @param judge the model that answers for its images: the same, or a fresh draw of the defense
   * @param before the judge's answers for the originals
   */
  static <M extends ImageClassifier.Black> Entry.Attacked attacked(
      Cell cell,
      EvasionAttack<M> attack,
      ImageClassifier.Black target,
      ImageClassifier.Black judge,
      int[] before,
      LabeledImages images,
      Budget budget,
      Run run) {
    M restricted = Access.restrict(attack.requires().cast(target), attack.requires(), budget);
    long start = System.nanoTime();
    try (EvasionResult result = attack.run(restricted, images, run)) {
      double seconds = (System.nanoTime() - start) / 1e9;
      Usage usage = Access.usage(restricted);
      return measured(cell, attack, judge, before, images, result, usage, seconds);
    }
  }

  private static Entry.Attacked measured(
      Cell cell,
      EvasionAttack<?> attack,
      ImageClassifier.Black judge,
      int[] before,
      LabeledImages images,
      EvasionResult result,
      Usage usage,
      double seconds) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray clean = images.images();
      NDArray adversarial = result.adversarials();
      NDArray delta = adversarial.sub(clean);
      float[] linf = Norm.LINF.of(delta).toFloatArray();
      float[] l2 = Norm.L2.of(delta).toFloatArray();
      float[] distance = result.norm().of(delta).toFloatArray();
      boolean[] valid = valid(attack, adversarial, delta);
      int[] after = answers(judge, adversarial);
      int[] rounded = answers(judge, Ops.quantise(adversarial, 255));
      int[] labels = images.labels();
      boolean[] won = new boolean[labels.length];
      int claimed = 0;
      boolean[] successes = result.successes();
      for (int i = 0; i < won.length; i++) {
        won[i] = before[i] == labels[i] && valid[i] && after[i] >= 0 && after[i] != labels[i];
        claimed += successes[i] ? 1 : 0;
      }
      return new Entry.Attacked(
          cell,
          before,
          after,
          rounded,
          valid,
          linf,
          l2,
          distance,
          result.norm().name(),
          result.queries(),
          claimed,
          usage.queries(),
          usage.gradients(),
          seconds,
          thinned(result.lossTrace()),
          Balls.of(attack).isPresent() ? List.of() : traces(result.traces()),
          result.warnings(),
          examples(images, adversarial, before, after, won));
    }
  }

  private static boolean[] valid(EvasionAttack<?> attack, NDArray adversarial, NDArray delta) {
    boolean[] broken = Ops.anyNotFinite(adversarial).toBooleanArray();
    float[] above = Ops.maxPerSample(adversarial).toFloatArray();
    float[] below = Ops.maxPerSample(adversarial.neg()).toFloatArray();
    double limit = Double.POSITIVE_INFINITY;
    float[] used = new float[broken.length];
    Optional<Ball> ball = Balls.of(attack);
    if (ball.isPresent()) {
      limit = ball.get().epsilon() * (1 + 1e-4) + TOLERANCE;
      used = ball.get().norm().of(delta).toFloatArray();
    }
    boolean[] valid = new boolean[broken.length];
    for (int i = 0; i < valid.length; i++) {
      valid[i] =
          !broken[i] && above[i] <= 1 + TOLERANCE && below[i] <= TOLERANCE && used[i] <= limit;
    }
    return valid;
  }

  private static double[] thinned(double[] trace) {
    if (trace.length <= TRACE_POINTS) {
      return trace;
    }
    double[] thin = new double[TRACE_POINTS];
    for (int i = 0; i < TRACE_POINTS; i++) {
      thin[i] = trace[(int) ((long) i * (trace.length - 1) / (TRACE_POINTS - 1))];
    }
    return thin;
  }

  private static List<Entry.Trace> traces(List<QueryTrace> traces) {
    List<Entry.Trace> thin = new ArrayList<>();
    for (QueryTrace trace : traces) {
      int size = Math.min(TRACE_STEPS, trace.size());
      long[] queries = new long[size];
      float[] distances = new float[size];
      for (int i = 0; i < size; i++) {
        int from = size == 1 ? 0 : (int) ((long) i * (trace.size() - 1) / (size - 1));
        queries[i] = trace.queries()[from];
        distances[i] = (float) trace.values()[from];
      }
      thin.add(new Entry.Trace(queries, distances));
    }
    return thin;
  }

  private static List<Example> examples(
      LabeledImages images, NDArray adversarial, int[] before, int[] after, boolean[] won) {
    List<Example> examples = new ArrayList<>();
    if (!Pictures.showable(images.images().getShape().slice(1))) {
      return examples;
    }
    int[] labels = images.labels();
    for (int i : Pictures.pick(won, labels)) {
      examples.add(
          Pictures.example(
              i, labels[i], before[i], after[i], images.images().get(i), adversarial.get(i)));
    }
    return examples;
  }
}
