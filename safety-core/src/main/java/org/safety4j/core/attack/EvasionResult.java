package org.safety4j.core.attack;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.run.Provenance;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * What an evasion attack did to each image. Owns the adversarial images.
 *
 * <p>Success is counted among images that the model classified correctly before; an image that was
 * wrong from the start is left as it was.
 */
public final class EvasionResult implements AttackResult {
  /** The denominator of {@link #successRate()}. */
  public static final String CORRECT = "correctly classified images";

  /**
   * What happened to one image.
   *
   * @param label its class
   * @param before the model's answer for the original
   * @param after the model's answer for the adversarial image
   * @param success whether the attack reached its goal on an image that was classified correctly
   *     before
   * @param distance how far the image was moved, in the attack's norm
   * @param queries model queries spent on it; a gradient counts as one
   * @param steps steps taken on it
   */
  public record Sample(
      int label, int before, int after, boolean success, double distance, long queries, int steps) {
    /**
     * Tells whether the model was right before the attack.
     *
     * @return true if it was
     */
    public boolean wasCorrect() {
      return label == before;
    }
  }

  private final NDManager manager;
  private final NDArray adversarials;
  private final Norm norm;
  private final List<Sample> samples;
  private final double[] lossTrace;
  private final List<QueryTrace> traces;
  private final List<String> warnings;
  private final double seconds;
  private final Provenance provenance;

  private EvasionResult(Builder b) {
    this.manager = Tensors.newManager();
    try (Scope scope = Scope.open()) {
      this.adversarials = scope.release(Ops.copy(b.adversarials), manager);
    }
    this.norm = b.norm;
    this.samples = List.copyOf(b.samples);
    this.lossTrace = b.lossTrace;
    this.traces = List.copyOf(b.traces);
    this.warnings = List.copyOf(b.warnings);
    this.seconds = b.seconds;
    this.provenance = b.provenance;
  }

  /**
   * Starts a result.
   *
   * @param adversarials {@code [N, C, H, W]}, copied when the result is built
   * @param norm the norm of the distances
   * @return a builder
   */
  public static Builder of(NDArray adversarials, Norm norm) {
    return new Builder(adversarials, norm);
  }

  /**
   * Returns the adversarial images; the original where the attack failed or was not needed, unless
   * it says otherwise.
   *
   * @return float32 {@code [N, C, H, W]}, owned by this result
   */
  public NDArray adversarials() {
    return adversarials;
  }

  /**
   * Makes a data set of the adversarial images.
   *
   * @param originals the attacked data set, for its labels and names
   * @return a copy, to be closed by the caller
   */
  public LabeledImages asImages(LabeledImages originals) {
    return originals.withImages(adversarials);
  }

  /**
   * Returns every image's story.
   *
   * @return one a sample
   */
  public List<Sample> samples() {
    return samples;
  }

  /**
   * Returns one image's story.
   *
   * @param i the image's number
   * @return its story
   */
  public Sample sample(int i) {
    return samples.get(i);
  }

  /**
   * Returns the norm of the distances.
   *
   * @return the norm
   */
  public Norm norm() {
    return norm;
  }

  /**
   * Returns how far each image was moved.
   *
   * @return distances in {@link #norm()}
   */
  public double[] distances() {
    return samples.stream().mapToDouble(Sample::distance).toArray();
  }

  /**
   * Returns how many queries each image took.
   *
   * @return queries a sample
   */
  public long[] queries() {
    return samples.stream().mapToLong(Sample::queries).toArray();
  }

  /**
   * Returns whether the attack succeeded, a sample.
   *
   * @return one a sample
   */
  public boolean[] successes() {
    boolean[] s = new boolean[samples.size()];
    for (int i = 0; i < s.length; i++) {
      s[i] = samples.get(i).success();
    }
    return s;
  }

  @Override
  public Rate successRate() {
    long correct = samples.stream().filter(Sample::wasCorrect).count();
    return Rate.of(samples.stream().filter(Sample::success).count(), correct, CORRECT);
  }

  /**
   * Returns the accuracy before the attack.
   *
   * @return of all images
   */
  public Rate cleanAccuracy() {
    return Rate.of(samples.stream().filter(Sample::wasCorrect).count(), samples.size(), "images");
  }

  /**
   * Returns the accuracy that is left: images classified correctly that the attack did not change
   * the answer of.
   *
   * @return of all images
   */
  public Rate robustAccuracy() {
    long left = samples.stream().filter(s -> s.wasCorrect() && !s.success()).count();
    return Rate.of(left, samples.size(), "images");
  }

  /**
   * Returns the mean loss of the images under attack at each step.
   *
   * @return a value a step; empty for attacks without a loss
   */
  public double[] lossTrace() {
    return lossTrace.clone();
  }

  /**
   * Returns how each image's best loss or distance improved with the queries spent on it.
   *
   * @return one a sample; empty for attacks that do not count queries
   */
  public List<QueryTrace> traces() {
    return traces;
  }

  /**
   * Returns what makes the result doubtful: zero gradients, NaN, an attack that changed nothing.
   *
   * @return sentences; empty if all went well
   */
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public double seconds() {
    return seconds;
  }

  @Override
  public Provenance provenance() {
    return provenance;
  }

  @Override
  public void close() {
    manager.close();
  }

  @Override
  public String toString() {
    int steps = samples.stream().mapToInt(Sample::steps).max().orElse(0);
    String text = String.format(Locale.ROOT, "%s, %d steps, %.1f s", successRate(), steps, seconds);
    return warnings.isEmpty() ? text : text + ", " + warnings.size() + " warnings: " + warnings;
  }

  /** Collects a result. */
  public static final class Builder {
    private final NDArray adversarials;
    private final Norm norm;
    private final List<Sample> samples = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private double[] lossTrace = {};
    private List<QueryTrace> traces = List.of();
    private double seconds;
    private Provenance provenance;

    private Builder(NDArray adversarials, Norm norm) {
      this.adversarials = adversarials;
      this.norm = norm;
    }

    /**
     * Adds the next image's story.
     *
     * @param sample the story
     * @return this builder
     */
    public Builder add(Sample sample) {
      samples.add(sample);
      return this;
    }

    /**
     * Sets the loss of each step; none by default.
     *
     * @param trace mean losses
     * @return this builder
     */
    public Builder lossTrace(double[] trace) {
      lossTrace = trace.clone();
      return this;
    }

    /**
     * Sets the query traces; none by default.
     *
     * @param value one a sample
     * @return this builder
     */
    public Builder traces(List<QueryTrace> value) {
      traces = List.copyOf(value);
      return this;
    }

    /**
     * Adds a warning.
     *
     * @param warning a sentence
     * @return this builder
     */
    public Builder warn(String warning) {
      warnings.add(warning);
      return this;
    }

    /**
     * Sets the wall time.
     *
     * @param value seconds
     * @return this builder
     */
    public Builder seconds(double value) {
      seconds = value;
      return this;
    }

    /**
     * Sets where the result comes from.
     *
     * @param value the provenance
     * @return this builder
     */
    public Builder provenance(Provenance value) {
      provenance = value;
      return this;
    }

    /**
     * Makes the result.
     *
     * @return the result, to be closed by the caller
     * @throws IllegalArgumentException if there is not one story an image, or no provenance
     */
    public EvasionResult build() {
      long n = adversarials.getShape().get(0);
      Require.that(
          samples.size() == n,
          "a result needs one sample an image, had " + samples.size() + " of " + n);
      Require.that(
          traces.isEmpty() || traces.size() == n,
          "query traces must be one an image, were " + traces.size() + " of " + n);
      Require.that(provenance != null, "a result needs its provenance");
      return new EvasionResult(this);
    }
  }
}
