package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * One run of an attack: what has happened to every sample so far. Counts queries, keeps the images
 * that succeeded, judges success by asking the model again, and becomes a result at any time, so
 * that a budget that runs out loses nothing.
 *
 * <p>For one thread, which records no gradients while the attempt is open.
 */
public final class Attempt implements AutoCloseable {
  private static final int MOST_SAMPLES = 128;
  private static final long MOST_VALUES = 16L * 3 * 224 * 224;

  private final MethodInfo info;
  private final Object config;
  private final Norm norm;
  private final ImageClassifier.White model;
  private final LabeledImages input;
  private final Target target;
  private final Run run;
  private final GradMode mode;
  private final NDManager manager = Tensors.newManager();
  private final NDArray images;
  private final int[] labels;
  private final int[] ids;
  private final int[] before;
  private final int[] after;
  private final int[] targets;
  private final boolean[] fallen;
  private final boolean[] changed;
  private final double[] best;
  private final long[] queries;
  private final int[] steps;
  private final long limit;
  private final Traces traces;
  private final GradientHealth health;
  private final List<String> warnings = new ArrayList<>();
  private boolean exhausted;

  private Attempt(
      MethodInfo info,
      Object config,
      Norm norm,
      ImageClassifier.White model,
      LabeledImages input,
      Target target,
      Run run) {
    int n = input.size();
    this.info = info;
    this.config = config;
    this.norm = norm;
    this.model = model;
    this.input = input;
    this.target = target;
    this.run = run;
    this.mode = GradMode.off();
    this.labels = input.labels();
    this.ids = input.ids();
    this.before = new int[n];
    this.after = new int[n];
    this.targets = target.isSet() ? new int[n] : null;
    this.fallen = new boolean[n];
    this.changed = new boolean[n];
    this.best = new double[n];
    this.queries = new long[n];
    this.steps = new int[n];
    this.traces = new Traces(n);
    this.health = new GradientHealth(n);
    this.limit = Math.min(run.budget().queriesPerSample(), Access.budget(model).queriesPerSample());
    Arrays.fill(before, ImageClassifier.Black.REJECTED);
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    try (Scope scope = Scope.open()) {
      this.images = scope.release(Ops.copy(input.images()), manager);
    }
  }

  /**
   * Begins an attempt: asks the model about every original.
   *
   * @param info the method
   * @param config its configuration, for the record
   * @param norm the norm of the distances that are reported
   * @param model the model; stays the caller's
   * @param input the originals; stay the caller's
   * @param target which classes are wanted
   * @param run the run
   * @return the attempt, to be closed by the caller
   * @throws org.safety4j.core.error.RunCancelled if the run is cancelled already
   */
  public static Attempt begin(
      MethodInfo info,
      Object config,
      Norm norm,
      ImageClassifier.White model,
      LabeledImages input,
      Target target,
      Run run) {
    Require.that(
        target.mode() != Target.Mode.GIVEN
            || target.classes().size() == 1
            || target.classes().size() == input.size(),
        "targets must be one for all or one a sample, were "
            + target.classes().size()
            + " for "
            + input.size()
            + " samples");
    run.proceed();
    Attempt attempt = new Attempt(info, config, norm, model, input, target, run);
    try {
      attempt.askOriginals();
      return attempt;
    } catch (RuntimeException e) {
      attempt.close();
      throw e;
    }
  }

  private void askOriginals() {
    int[] all = IntStream.range(0, labels.length).toArray();
    try {
      for (int[] part : split(all)) {
        run.proceed();
        try (Scope scope = Scope.open()) {
          NDArray x = Ops.rows(input.images(), part);
          int[] answers = model.labels(x);
          charge(part, 1);
          for (int i = 0; i < part.length; i++) {
            before[part[i]] = answers[i];
            after[part[i]] = answers[i];
          }
          chooseTargets(part, x);
        }
      }
    } catch (BudgetExceeded e) {
      exhaust(e);
    }
  }

  private void chooseTargets(int[] part, NDArray x) {
    if (!target.isSet()) {
      return;
    }
    float[] scores = null;
    int classes = model.classes();
    if (target.needsScores()) {
      scores = model.logits(x).toFloatArray();
      charge(part, 1);
    }
    for (int i = 0; i < part.length; i++) {
      float[] row =
          scores == null ? null : Arrays.copyOfRange(scores, i * classes, (i + 1) * classes);
      targets[part[i]] = target.choose(part[i], labels[part[i]], row);
      Require.that(
          targets[part[i]] >= 0 && targets[part[i]] < classes,
          "target must be in [0, " + classes + "), was " + targets[part[i]]);
    }
  }

  /**
   * Returns the model.
   *
   * @return the model under attack
   */
  public ImageClassifier.White model() {
    return model;
  }

  /**
   * Returns the run.
   *
   * @return seed, budget, listener
   */
  public Run run() {
    return run;
  }

  /**
   * Returns the method's own root of randomness.
   *
   * @return derive a child for every purpose
   */
  public Rng rng() {
    return run.rng().derive(info.id());
  }

  /**
   * Returns the name under which progress is reported.
   *
   * @return the method's id
   */
  public String stage() {
    return info.id();
  }

  /**
   * Tells whether the attack may go on.
   *
   * @return false once time or queries are used up
   * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
   */
  public boolean proceed() {
    return run.proceed() && !exhausted;
  }

  /**
   * Notes that the model refused to answer because its budget is used up.
   *
   * @param e what it said
   */
  public void exhaust(BudgetExceeded e) {
    if (!exhausted) {
      warnings.add("stopped early, with the best so far: " + e.getMessage());
    }
    exhausted = true;
  }

  /**
   * Adds a warning to the result.
   *
   * @param sentence what makes the result doubtful
   */
  public void warn(String sentence) {
    warnings.add(sentence);
  }

  /**
   * Lists the samples that are worth attacking: classified correctly, not of the wanted class, not
   * fallen.
   *
   * @return their numbers
   */
  public int[] standing() {
    return IntStream.range(0, labels.length)
        .filter(i -> before[i] == labels[i] && !fallen[i])
        .filter(i -> targets == null || targets[i] != labels[i])
        .toArray();
  }

  /**
   * Returns the number of samples, fallen or not.
   *
   * @return the input's size
   */
  public int size() {
    return labels.length;
  }

  /**
   * Returns the originals' scores and charges for them.
   *
   * @param samples numbers of samples
   * @return one row of scores a sample
   */
  public float[][] scoresOf(int[] samples) {
    float[][] scores = new float[samples.length][];
    int next = 0;
    for (int[] part : split(samples)) {
      run.proceed();
      try (Scope scope = Scope.open()) {
        float[] z = model.logits(Ops.rows(input.images(), part)).toFloatArray();
        charge(part, 1);
        int classes = z.length / part.length;
        for (int i = 0; i < part.length; i++) {
          scores[next++] = Arrays.copyOfRange(z, i * classes, (i + 1) * classes);
        }
      }
    }
    return scores;
  }

  /**
   * Lets rows leave that cannot pay for what comes.
   *
   * @param active the working set
   * @param needed queries that each sample needs
   */
  public void dropPoor(Active active, int needed) {
    int[] samples = active.samples();
    active.keep(
        IntStream.range(0, samples.length).filter(i -> affords(samples[i], needed)).toArray());
  }

  /**
   * Finds the rows whose answers are what the attack wants.
   *
   * @param active the working set
   * @param status what was seen
   * @return rows
   */
  public int[] seemFallen(Active active, Status status) {
    int[] samples = active.samples();
    return IntStream.range(0, samples.length)
        .filter(i -> reached(samples[i], status.answer(i)))
        .toArray();
  }

  /**
   * Lists the samples of a part that have not fallen.
   *
   * @param samples numbers of samples
   * @return those that stand
   */
  public int[] standingOf(int[] samples) {
    return IntStream.of(samples).filter(i -> !fallen[i]).toArray();
  }

  /**
   * Splits samples into parts that fit into memory with the model's activations.
   *
   * @param samples numbers of samples
   * @return the parts, in order
   */
  public List<int[]> split(int[] samples) {
    long values = Math.max(1, element().size());
    int most = (int) Math.max(1, Math.min(MOST_SAMPLES, MOST_VALUES / values));
    List<int[]> parts = new ArrayList<>();
    for (int from = 0; from < samples.length; from += most) {
      parts.add(Arrays.copyOfRange(samples, from, Math.min(samples.length, from + most)));
    }
    return parts;
  }

  private Shape element() {
    return Tensors.elementShape(input.images());
  }

  /**
   * Opens a working set.
   *
   * @param samples numbers of samples
   * @return the set, to be closed by the caller
   */
  public Active activate(int[] samples) {
    return activate(samples, targets);
  }

  /**
   * Opens a working set whose loss aims at classes although any wrong one counts.
   *
   * @param samples numbers of samples
   * @param aims a class for each sample of the input, by its number
   * @return the set, to be closed by the caller
   */
  public Active activate(int[] samples, int[] aims) {
    int[] own = new int[samples.length];
    Arrays.setAll(own, i -> ids[samples[i]]);
    return new Active(samples, own, input.images(), input.labelArray(), aims);
  }

  /**
   * Counts queries.
   *
   * @param samples numbers of samples
   * @param each queries for each
   */
  public void charge(int[] samples, int each) {
    for (int sample : samples) {
      queries[sample] += each;
    }
  }

  /**
   * Tells whether a sample may spend more.
   *
   * @param sample its number
   * @param each queries that it needs
   * @return false if its limit does not allow them
   */
  public boolean affords(int sample, long each) {
    return limit - queries[sample] >= each;
  }

  /**
   * Tells how many queries samples may still spend.
   *
   * @param samples numbers of samples
   * @return the least among them
   */
  public long queriesLeft(int[] samples) {
    long least = limit;
    for (int sample : samples) {
      least = Math.min(least, limit - queries[sample]);
    }
    return least;
  }

  /**
   * Takes over what another attack has done to some samples: queries, steps, and images that
   * succeeded.
   *
   * @param samples numbers of samples
   * @param other its result on exactly these samples; stays the caller's
   * @return how many samples fell that had stood before
   */
  public int absorb(int[] samples, EvasionResult other) {
    List<Integer> rows = new ArrayList<>();
    for (int i = 0; i < samples.length; i++) {
      EvasionResult.Sample sample = other.sample(i);
      queries[samples[i]] += sample.queries();
      steps[samples[i]] += sample.steps();
      if (sample.success() && !fallen[samples[i]]) {
        fallen[samples[i]] = true;
        after[samples[i]] = sample.after();
        rows.add(i);
      }
    }
    int[] fell = rows.stream().mapToInt(Integer::intValue).toArray();
    try (Scope scope = Scope.open()) {
      store(of(samples, fell), rows(other.adversarials(), fell));
    }
    return fell.length;
  }

  /**
   * Judges an answer.
   *
   * @param sample the sample's number
   * @param answer the model's class
   * @return whether it is what the attack wants; a rejected image never is
   */
  public boolean reached(int sample, int answer) {
    if (targets != null) {
      return answer == targets[sample];
    }
    return answer != labels[sample] && answer != ImageClassifier.Black.REJECTED;
  }

  /**
   * Returns the class that a sample is to be taken for.
   *
   * @param sample its number
   * @return the class, or -1 if the attack is untargeted
   */
  public int targetOf(int sample) {
    return targets == null ? -1 : targets[sample];
  }

  /**
   * Returns a sample's class.
   *
   * @param sample its number
   * @return its true class
   */
  public int labelOf(int sample) {
    return labels[sample];
  }

  /**
   * Asks the model about candidates and keeps those that succeed. Costs each one query; samples
   * that cannot pay are passed over.
   *
   * @param active the working set
   * @param candidates {@code [n, C, H, W]}, a row a sample
   * @param rows the rows to ask about
   * @return whether each row of the working set has fallen
   */
  public boolean[] claim(Active active, NDArray candidates, int[] rows) {
    boolean[] fell = new boolean[active.size()];
    int[] samples = active.samples();
    int[] asked = IntStream.of(rows).filter(r -> affords(samples[r], 1)).toArray();
    if (asked.length == 0) {
      return fell;
    }
    try (Scope scope = Scope.open()) {
      NDArray some = rows(candidates, asked);
      int[] answers = model.labels(some);
      charge(of(samples, asked), 1);
      int[] landed =
          IntStream.range(0, asked.length)
              .filter(i -> reached(samples[asked[i]], answers[i]))
              .toArray();
      for (int i : landed) {
        fell[asked[i]] = true;
        fallen[samples[asked[i]]] = true;
        after[samples[asked[i]]] = answers[i];
      }
      store(of(samples, of(asked, landed)), rows(some, landed));
    }
    return fell;
  }

  /**
   * Asks the model about candidates and keeps them all, whether they succeed or not. Costs each one
   * query; samples that cannot pay keep what they had.
   *
   * @param active the working set
   * @param candidates {@code [n, C, H, W]}, a row a sample
   * @param rows the rows to keep
   */
  public void conclude(Active active, NDArray candidates, int[] rows) {
    int[] samples = active.samples();
    int[] asked = IntStream.of(rows).filter(r -> affords(samples[r], 1)).toArray();
    if (asked.length == 0) {
      return;
    }
    try (Scope scope = Scope.open()) {
      NDArray some = rows(candidates, asked);
      int[] answers = model.labels(some);
      int[] own = of(samples, asked);
      charge(own, 1);
      for (int i = 0; i < own.length; i++) {
        fallen[own[i]] = reached(own[i], answers[i]);
        after[own[i]] = answers[i];
      }
      store(own, some);
    }
  }

  /**
   * Keeps candidates that seem to succeed and lie nearer than what was kept before. They are judged
   * by {@link #verify}.
   *
   * @param active the working set
   * @param candidates {@code [n, C, H, W]}, a row a sample
   * @param seems whether each row seems to succeed
   * @param distances each row's distance
   * @return whether each row was kept
   */
  public boolean[] propose(Active active, NDArray candidates, boolean[] seems, double[] distances) {
    int[] samples = active.samples();
    boolean[] kept = new boolean[samples.length];
    int[] better =
        IntStream.range(0, samples.length)
            .filter(r -> seems[r] && distances[r] < best[samples[r]])
            .toArray();
    for (int r : better) {
      kept[r] = true;
      best[samples[r]] = distances[r];
      traces.add(samples[r], queries[samples[r]], distances[r]);
    }
    try (Scope scope = Scope.open()) {
      store(of(samples, better), rows(candidates, better));
    }
    return kept;
  }

  /**
   * Asks the model about candidates and keeps those that succeed, are near enough, and lie nearer
   * than what was kept before. Costs each one query; samples that cannot pay are passed over.
   *
   * @param active the working set
   * @param candidates {@code [n, C, H, W]}, a row a sample
   * @param distances each row's distance
   * @param within the largest distance that counts
   * @return whether each row succeeds, near enough or not
   */
  public boolean[] claimNearer(
      Active active, NDArray candidates, double[] distances, double within) {
    int[] samples = active.samples();
    boolean[] reached = new boolean[samples.length];
    int[] asked = IntStream.range(0, samples.length).filter(r -> affords(samples[r], 1)).toArray();
    if (asked.length == 0) {
      return reached;
    }
    try (Scope scope = Scope.open()) {
      int[] answers = model.labels(rows(candidates, asked));
      charge(of(samples, asked), 1);
      List<Integer> better = new ArrayList<>();
      for (int i = 0; i < asked.length; i++) {
        int row = asked[i];
        int sample = samples[row];
        reached[row] = reached(sample, answers[i]);
        if (reached[row] && distances[row] <= within && distances[row] < best[sample]) {
          best[sample] = distances[row];
          after[sample] = answers[i];
          fallen[sample] = true;
          traces.add(sample, queries[sample], distances[row]);
          better.add(row);
        }
      }
      int[] kept = better.stream().mapToInt(Integer::intValue).toArray();
      store(of(samples, kept), rows(candidates, kept));
    }
    return reached;
  }

  /**
   * Tells whether a sample has fallen.
   *
   * @param sample its number
   * @return true once an image of it has succeeded
   */
  public boolean hasFallen(int sample) {
    return fallen[sample];
  }

  /**
   * Returns the distance of the best candidate that was proposed for a sample.
   *
   * @param sample its number
   * @return the distance; infinity if there was none
   */
  public double bestDistance(int sample) {
    return best[sample];
  }

  /**
   * Returns the best candidates of a working set, or the originals where there is none.
   *
   * @param active the working set
   * @return {@code [n, C, H, W]}, owned by the caller
   */
  public NDArray bestOf(Active active) {
    return Ops.rows(images, active.samples());
  }

  /**
   * Judges what was proposed by asking the model once more; candidates that fail are forgotten.
   * Costs each sample that has one a query.
   */
  public void verify() {
    int[] proposed =
        IntStream.range(0, labels.length)
            .filter(i -> changed[i] && !fallen[i] && best[i] < Double.POSITIVE_INFINITY)
            .toArray();
    for (int[] part : split(proposed)) {
      try (Scope scope = Scope.open()) {
        run.proceed();
        int[] affordable = IntStream.of(part).filter(i -> !exhausted && affords(i, 1)).toArray();
        int[] answers =
            affordable.length == 0 ? new int[0] : model.labels(Ops.rows(images, affordable));
        charge(affordable, 1);
        boolean[] good = new boolean[labels.length];
        for (int i = 0; i < answers.length; i++) {
          good[affordable[i]] = reached(affordable[i], answers[i]);
          after[affordable[i]] = good[affordable[i]] ? answers[i] : before[affordable[i]];
          fallen[affordable[i]] = good[affordable[i]];
        }
        int[] failed = IntStream.of(part).filter(i -> !good[i]).toArray();
        if (failed.length > 0) {
          Ops.overwriteRows(images, Ops.index(manager, failed), Ops.rows(input.images(), failed));
        }
      } catch (BudgetExceeded e) {
        exhaust(e);
      }
    }
  }

  private void store(int[] samples, NDArray rows) {
    if (samples.length == 0) {
      return;
    }
    Ops.overwriteRows(images, Ops.index(rows.getManager(), samples), rows);
    for (int sample : samples) {
      changed[sample] = true;
    }
  }

  private static NDArray rows(NDArray x, int[] rows) {
    return rows.length == x.getShape().get(0) ? x : Ops.rows(x, rows);
  }

  private static int[] of(int[] values, int[] rows) {
    int[] picked = new int[rows.length];
    Arrays.setAll(picked, i -> values[rows[i]]);
    return picked;
  }

  /**
   * Notes a step: what the gradient was like, and the loss.
   *
   * @param active the working set
   * @param step the step's number, from 0
   * @param status what the step showed
   */
  public void stepped(Active active, int step, Status status) {
    for (int sample : active.samples()) {
      steps[sample]++;
    }
    saw(active, step, status);
  }

  /**
   * Notes a look without a step.
   *
   * @param active the working set
   * @param step the number of steps before it
   * @param status what the look showed
   */
  public void saw(Active active, int step, Status status) {
    int[] samples = active.samples();
    for (int i = 0; i < samples.length; i++) {
      health.saw(samples[i], status.zero(i), status.bad(i));
      if (traces.improves(samples[i], status.loss(i))) {
        traces.add(samples[i], queries[samples[i]], status.loss(i));
      }
    }
    traces.mean(step, status.losses());
  }

  /**
   * Notes a step of a search that judges gradients itself.
   *
   * @param active the working set
   * @param step the step's number, from 0
   * @param losses a figure a sample, for the mean trace
   */
  public void stepped(Active active, int step, float[] losses) {
    for (int sample : active.samples()) {
      steps[sample]++;
    }
    traces.mean(step, losses);
  }

  /**
   * Returns what the gradients were like.
   *
   * @return counts a sample
   */
  GradientHealth health() {
    return health;
  }

  /**
   * Makes the result.
   *
   * @return the result, to be closed by the caller
   */
  public EvasionResult result() {
    try (Scope scope = Scope.open()) {
      EvasionResult.Builder builder = EvasionResult.of(images, norm);
      double[] distances = distances();
      for (int i = 0; i < labels.length; i++) {
        builder.add(
            new EvasionResult.Sample(
                labels[i], before[i], after[i], fallen[i], distances[i], queries[i], steps[i]));
      }
      warnings.forEach(builder::warn);
      health.warnings().forEach(builder::warn);
      return builder
          .lossTrace(traces.mean())
          .traces(traces.perSample())
          .seconds(run.seconds())
          .provenance(Provenances.of(info, config, model, input, run))
          .build();
    }
  }

  private double[] distances() {
    double[] distances = new double[labels.length];
    for (int[] part : split(IntStream.range(0, labels.length).toArray())) {
      try (Scope scope = Scope.open()) {
        NDArray moved = Ops.rows(images, part).sub(Ops.rows(input.images(), part));
        float[] measured = norm.of(moved).toFloatArray();
        for (int i = 0; i < part.length; i++) {
          distances[part[i]] = measured[i];
        }
      }
    }
    return distances;
  }

  @Override
  public void close() {
    mode.close();
    manager.close();
  }
}
