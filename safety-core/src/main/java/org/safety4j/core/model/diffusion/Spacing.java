package org.safety4j.core.model.diffusion;

import org.safety4j.core.error.Require;

/** Which training steps a sampler with fewer steps visits (Lin et al., 2024, table 2). */
public enum Spacing {
  /** Multiples of a whole stride from 0 on. */
  LEADING,
  /** Evenly from the first to the last step, rounded. */
  LINSPACE,
  /** Down from the last step, rounded. */
  TRAILING;

  /** Descending steps of the one-step samplers. */
  int[] descending(int trained, int steps, int offset) {
    Require.that(
        steps <= trained,
        "steps must be at most the " + trained + " steps of the training, was " + steps);
    int[] t = new int[steps];
    for (int i = 0; i < steps; i++) {
      int rank = steps - 1 - i;
      t[i] =
          switch (this) {
            case LEADING -> rank * (trained / steps) + offset;
            case LINSPACE -> round(steps == 1 ? 0 : rank * (trained - 1.0) / (steps - 1));
            case TRAILING -> round(trained - i * ((double) trained / steps)) - 1;
          };
    }
    return checked(t, trained);
  }

  /** Descending steps of the multistep samplers, which keep one stride away from the end. */
  int[] descendingWithinOneMore(int trained, int steps, int offset) {
    Require.that(
        steps < trained || this == TRAILING && steps == trained,
        "steps must be less than the " + trained + " steps of the training, was " + steps);
    int[] t = new int[steps];
    for (int i = 0; i < steps; i++) {
      int rank = steps - i;
      t[i] =
          switch (this) {
            case LEADING -> rank * (trained / (steps + 1)) + offset;
            case LINSPACE -> round(rank * (trained - 1.0) / steps);
            case TRAILING -> round(trained - i * ((double) trained / steps)) - 1;
          };
    }
    return checked(t, trained);
  }

  private static int[] checked(int[] t, int trained) {
    for (int value : t) {
      Require.that(
          value >= 0 && value < trained,
          "offset moves a step to " + value + ", outside of the training's [0, " + trained + ")");
    }
    return t;
  }

  /** To the nearest, ties to even, like the reference. */
  private static int round(double value) {
    return (int) Math.rint(value);
  }
}
