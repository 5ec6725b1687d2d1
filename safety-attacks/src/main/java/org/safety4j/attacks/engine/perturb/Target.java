package org.safety4j.attacks.engine.perturb;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.safety4j.core.error.Require;

/**
 * Which class an attack wants a sample to be taken for.
 *
 * @param mode how the class is chosen
 * @param classes the given classes, for {@link Mode#GIVEN}; one for all samples, or one a sample
 * @param rank which of the other classes, from the likeliest, for {@link Mode#RANK}; from 1
 */
public record Target(Mode mode, List<Integer> classes, int rank) {
  /** How a target is chosen. */
  public enum Mode {
    /** Any class but the true one. */
    ANY,
    /** A given class. */
    GIVEN,
    /** The class that the model holds for least likely. */
    LEAST_LIKELY,
    /** A class of a certain likelihood among the others. */
    RANK
  }

  /**
   * Copies the classes.
   *
   * @param mode how the class is chosen
   * @param classes the given classes, for {@link Mode#GIVEN}; one for all samples, or one a sample
   * @param rank which of the other classes, from the likeliest, for {@link Mode#RANK}; from 1
   */
  public Target {
    classes = List.copyOf(classes);
  }

  /**
   * Any class but the true one: the attack is untargeted.
   *
   * @return no target
   */
  public static Target any() {
    return new Target(Mode.ANY, List.of(), 0);
  }

  /**
   * One class for all samples, or one for each.
   *
   * @param classes one class, or as many as there are samples
   * @return the target
   */
  public static Target of(int... classes) {
    Require.that(classes.length > 0, "targets must not be empty");
    return new Target(Mode.GIVEN, IntStream.of(classes).boxed().toList(), 0);
  }

  /**
   * The class that the model holds for least likely.
   *
   * @return the target
   */
  public static Target leastLikely() {
    return new Target(Mode.LEAST_LIKELY, List.of(), 0);
  }

  /**
   * The class that comes next after the true one in the model's opinion, or further down.
   *
   * @param rank 1 for the likeliest wrong class, 2 for the second, at most classes less one
   * @return the target
   */
  public static Target rank(int rank) {
    return new Target(Mode.RANK, List.of(), Require.atLeast("rank", rank, 1));
  }

  /**
   * Tells whether a class is wanted.
   *
   * @return false for {@link #any()}
   */
  public boolean isSet() {
    return mode != Mode.ANY;
  }

  /** Tells whether the choice depends on the model's scores. */
  boolean needsScores() {
    return mode == Mode.LEAST_LIKELY || mode == Mode.RANK;
  }

  /** Chooses the class of the sample with this number, whose scores may be null if not needed. */
  int choose(int sample, int label, float[] scores) {
    return switch (mode) {
      case ANY -> -1;
      case GIVEN -> classes.size() == 1 ? classes.get(0) : classes.get(sample);
      case LEAST_LIKELY -> ordered(scores, label)[scores.length - 2];
      case RANK -> {
        Require.that(
            rank < scores.length,
            "rank must be less than the number of classes, " + scores.length + ", was " + rank);
        yield ordered(scores, label)[rank - 1];
      }
    };
  }

  private static int[] ordered(float[] scores, int label) {
    return IntStream.range(0, scores.length)
        .filter(k -> k != label)
        .boxed()
        .sorted((a, b) -> Float.compare(scores[b], scores[a]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  @Override
  public String toString() {
    return switch (mode) {
      case ANY -> "any";
      case GIVEN -> Arrays.toString(classes.toArray());
      case LEAST_LIKELY -> "least likely";
      case RANK -> "rank " + rank;
    };
  }
}
