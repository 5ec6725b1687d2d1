package org.safety4j.attacks.engine.query;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.attack.QueryTrace;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Provenance;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * What an attack has achieved so far, sample by sample: it can be turned into a result at any time,
 * so that a budget that runs out loses nothing. Owns the adversarial images.
 */
public final class Outcomes implements AutoCloseable {
  private final Oracle oracle;
  private final LabeledImages input;
  private final NDManager manager;
  private final NDArray images;
  private final int[] labels;
  private final int[] before;
  private final int[] after;
  private final double[] baseLoss;
  private final boolean[] fallen;
  private final int[] steps;
  private final List<Trace> traces = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /** One sample's improvements. */
  private static final class Trace {
    private long[] queries = new long[4];
    private double[] values = new double[4];
    private int[] atStep = new int[4];
    private int size;

    void add(long spent, double value, int step) {
      if (size == queries.length) {
        queries = Arrays.copyOf(queries, 2 * size);
        values = Arrays.copyOf(values, 2 * size);
        atStep = Arrays.copyOf(atStep, 2 * size);
      }
      queries[size] = spent;
      values[size] = value;
      atStep[size] = step;
      size++;
    }

    QueryTrace toTrace() {
      return QueryTrace.of(Arrays.copyOf(queries, size), Arrays.copyOf(values, size));
    }
  }

  private Outcomes(Oracle oracle, LabeledImages input) {
    int n = input.size();
    this.oracle = oracle;
    this.input = input;
    this.labels = input.labels();
    this.before = new int[n];
    this.after = new int[n];
    this.baseLoss = new double[n];
    this.fallen = new boolean[n];
    this.steps = new int[n];
    this.manager = Tensors.newManager();
    try (Scope scope = Scope.open()) {
      this.images = scope.keep(Ops.copy(input.images()), manager);
    }
    for (int i = 0; i < n; i++) {
      traces.add(new Trace());
    }
  }

  /**
   * Asks the model about every original, for one query each.
   *
   * @param oracle the model
   * @param input the originals; stay the caller's
   * @return outcomes before any attack, to be closed by the caller
   */
  public static Outcomes begin(Oracle oracle, LabeledImages input) {
    Outcomes outcomes = new Outcomes(oracle, input);
    try {
      int[] all = new int[input.size()];
      for (int i = 0; i < all.length; i++) {
        all[i] = i;
      }
      Replies replies = oracle.ask(input.images(), all);
      for (int i = 0; i < all.length; i++) {
        outcomes.before[i] = replies.answer(i);
        outcomes.after[i] = replies.answer(i);
        outcomes.baseLoss[i] = replies.loss(i);
      }
      if (replies.answered() < all.length) {
        outcomes.warn(
            (all.length - replies.answered())
                + " of "
                + all.length
                + " images were never shown to the model; they count as not classified correctly");
      }
      return outcomes;
    } catch (RuntimeException e) {
      outcomes.close();
      throw e;
    }
  }

  /**
   * Lists the samples that are worth attacking.
   *
   * @return those that were classified correctly and have queries left
   */
  public int[] pending() {
    int[] pending = new int[labels.length];
    int count = 0;
    for (int i = 0; i < labels.length; i++) {
      if (before[i] == labels[i] && !fallen[i] && oracle.ledger().left(i) > 0) {
        pending[count++] = i;
      }
    }
    return Arrays.copyOf(pending, count);
  }

  /**
   * Returns the model's answer for an original.
   *
   * @param sample the sample
   * @return its class
   */
  public int before(int sample) {
    return before[sample];
  }

  /**
   * Returns the loss of an original.
   *
   * @param sample the sample
   * @return its loss; NaN without scores
   */
  public double baseLoss(int sample) {
    return baseLoss[sample];
  }

  /**
   * Notes an improvement of a sample, for its trace.
   *
   * @param sample the sample
   * @param value its best loss or distance from now on
   * @param step steps taken on it
   */
  public void improved(int sample, double value, int step) {
    traces.get(sample).add(oracle.ledger().spent(sample), value, step);
  }

  /**
   * Counts the steps taken on a sample.
   *
   * @param sample the sample
   * @param count steps so far
   */
  public void stepsOf(int sample, int count) {
    steps[sample] = count;
  }

  /**
   * Keeps the adversarial images of samples that have fallen; later ones replace earlier ones.
   *
   * @param samples the samples, distinct
   * @param rows their images, {@code [samples.length, C, H, W]}
   * @param answers the model's answers for them
   */
  public void fell(int[] samples, NDArray rows, int[] answers) {
    if (samples.length == 0) {
      return;
    }
    try (Scope scope = Scope.open()) {
      Ops.overwriteRows(images, Ops.index(images.getManager(), samples), rows);
    }
    for (int i = 0; i < samples.length; i++) {
      fallen[samples[i]] = true;
      after[samples[i]] = answers[i];
    }
  }

  /**
   * Tells whether a sample has fallen.
   *
   * @param sample the sample
   * @return true once {@link #fell} was told so
   */
  public boolean hasFallen(int sample) {
    return fallen[sample];
  }

  /**
   * Adds a warning to the result.
   *
   * @param sentence what makes the result doubtful
   */
  public void warn(String sentence) {
    warnings.add(sentence);
  }

  /** The mean of the attacked samples' best values after each step; a fallen one keeps its last. */
  private double[] meanTrace() {
    int most = 0;
    for (int i = 0; i < steps.length; i++) {
      most = Math.max(most, traces.get(i).size == 0 ? 0 : steps[i]);
    }
    double[] sum = new double[most];
    int attacked = 0;
    for (Trace trace : traces) {
      if (trace.size == 0) {
        continue;
      }
      attacked++;
      int next = 0;
      double value = trace.values[0];
      for (int step = 0; step < most; step++) {
        while (next < trace.size && trace.atStep[next] <= step + 1) {
          value = trace.values[next++];
        }
        sum[step] += value;
      }
    }
    for (int step = 0; step < most; step++) {
      sum[step] /= attacked;
    }
    return sum;
  }

  /**
   * Makes the result. A sample that has not fallen keeps its original image.
   *
   * @param info the method
   * @param config its configuration, for the record
   * @param norm the norm of the distances
   * @return the result, to be closed by the caller
   */
  public EvasionResult result(MethodInfo info, Object config, Norm norm) {
    Run run = oracle.run();
    ImageClassifier.Black model = oracle.model();
    addWarnings();
    try (Scope scope = Scope.open()) {
      float[] distances = norm.of(images.sub(input.images())).toFloatArray();
      EvasionResult.Builder builder = EvasionResult.of(images, norm);
      for (int i = 0; i < labels.length; i++) {
        builder.add(
            new EvasionResult.Sample(
                labels[i],
                before[i],
                after[i],
                fallen[i],
                distances[i],
                oracle.ledger().spent(i),
                steps[i]));
      }
      warnings.forEach(builder::warn);
      List<QueryTrace> perSample = new ArrayList<>();
      traces.forEach(trace -> perSample.add(trace.toTrace()));
      return builder
          .lossTrace(oracle instanceof ScoreOracle ? meanTrace() : new double[0])
          .traces(perSample)
          .seconds(run.seconds())
          .provenance(
              new Provenance(
                  info.id(),
                  config.toString(),
                  run.seed(),
                  model.card().name(),
                  input.name() + " " + input.checksum(),
                  Provenance.describeEnvironment(),
                  run.started()))
          .build();
    }
  }

  private void addWarnings() {
    if (oracle.ledger().closedBecause() != null) {
      warn("stopped early, with the best so far: " + oracle.ledger().closedBecause());
    }
    if (oracle instanceof ScoreOracle scores && scores.notANumber() > 0) {
      warn(
          "the loss was NaN for "
              + scores.notANumber()
              + " queries, which count as rejected: look at the model's scores");
    }
    if (oracle instanceof LabelOracle) {
      return;
    }
    int attacked = 0;
    int moved = 0;
    for (int i = 0; i < labels.length; i++) {
      if (before[i] == labels[i] && steps[i] > 0) {
        attacked++;
        moved += traces.get(i).size > 0 || fallen[i] ? 1 : 0;
      }
    }
    if (attacked > 0 && moved == 0) {
      warn(
          "no query changed the score of any image for the better: the model may round or hide its"
              + " scores, so a low success rate says little; run an attack on labels");
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
