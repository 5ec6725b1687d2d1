package org.safety4j.attacks.engine.perturb;

import java.util.ArrayList;
import java.util.List;

/** Counts gradients that lead nowhere, so that they are reported and not averaged away. */
final class GradientHealth {
  private final int[] seen;
  private final int[] zero;
  private final int[] bad;

  GradientHealth(int samples) {
    this.seen = new int[samples];
    this.zero = new int[samples];
    this.bad = new int[samples];
  }

  void saw(int sample, boolean isZero, boolean isBad) {
    seen[sample]++;
    zero[sample] += isZero ? 1 : 0;
    bad[sample] += isBad ? 1 : 0;
  }

  /** Samples that were looked at and whose gradient was zero every time. */
  int masked() {
    int count = 0;
    for (int i = 0; i < seen.length; i++) {
      count += seen[i] > 0 && zero[i] == seen[i] ? 1 : 0;
    }
    return count;
  }

  int looked() {
    int count = 0;
    for (int s : seen) {
      count += s > 0 ? 1 : 0;
    }
    return count;
  }

  int notFinite() {
    int count = 0;
    for (int b : bad) {
      count += b > 0 ? 1 : 0;
    }
    return count;
  }

  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (masked() > 0) {
      warnings.add(maskedMessage());
    }
    if (notFinite() > 0) {
      warnings.add(
          "the gradient was not finite for "
              + notFinite()
              + " of "
              + looked()
              + " attacked images at some step; such entries were taken as 0");
    }
    return warnings;
  }

  String maskedMessage() {
    return "masked gradients: zero at every step for "
        + masked()
        + " of "
        + looked()
        + " attacked images, so their survival says nothing about robustness; attack through a"
        + " BPDA view, with another loss, or by queries";
  }
}
