package org.safety4j.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TokenChooserTest {
  /** Probabilities 0.5, 0.25, 0.125, 0.125 at temperature 1. */
  private static float[] logits() {
    return new float[] {
      (float) Math.log(4), (float) Math.log(8), (float) Math.log(2), (float) Math.log(2)
    };
  }

  private static double[] probabilities(Decoding decoding) {
    return TokenChooser.probabilities(decoding, logits());
  }

  private static void close(double[] actual, double... expected) {
    assertThat(actual).containsExactly(expected, within(1e-6));
  }

  @Test
  void temperatureIsAnExponentOfProbabilities() {
    close(probabilities(Decoding.sampling(1, 1)), .25, .5, .125, .125);
    close(probabilities(Decoding.sampling(1, .5)), 16 / 88., 64 / 88., 4 / 88., 4 / 88.);
    double root = 2 + Math.sqrt(8) + 2 * Math.sqrt(2);
    close(
        probabilities(Decoding.sampling(1, 2)),
        2 / root,
        Math.sqrt(8) / root,
        Math.sqrt(2) / root,
        Math.sqrt(2) / root);
  }

  @Test
  void topKKeepsTheMostProbableAndTies() {
    close(probabilities(Decoding.sampling(1, 1).withTopK(1)), 0, 1, 0, 0);
    close(probabilities(Decoding.sampling(1, 1).withTopK(2)), 1 / 3., 2 / 3., 0, 0);
    close(probabilities(Decoding.sampling(1, 1).withTopK(3)), .25, .5, .125, .125);
    close(probabilities(Decoding.sampling(1, 1).withTopK(9)), .25, .5, .125, .125);
  }

  @Test
  void topPKeepsTheFewestThatReachTheSum() {
    close(probabilities(Decoding.sampling(1, 1).withTopP(.4)), 0, 1, 0, 0);
    close(probabilities(Decoding.sampling(1, 1).withTopP(.6)), 1 / 3., 2 / 3., 0, 0);
    close(probabilities(Decoding.sampling(1, 1).withTopP(.8)), 2 / 7., 4 / 7., 1 / 7., 0);
    close(probabilities(Decoding.sampling(1, 1).withTopP(1)), .25, .5, .125, .125);
    close(probabilities(Decoding.sampling(1, 1).withTopP(1e-9)), 0, 1, 0, 0);
  }

  @Test
  void minPIsAFractionOfTheLargest() {
    close(probabilities(Decoding.sampling(1, 1).withMinP(.6)), 0, 1, 0, 0);
    close(probabilities(Decoding.sampling(1, 1).withMinP(.4)), 1 / 3., 2 / 3., 0, 0);
    close(probabilities(Decoding.sampling(1, 1).withMinP(.2)), .25, .5, .125, .125);
  }

  @Test
  void drawsFollowTheDistribution() {
    TokenChooser chooser = new TokenChooser(Decoding.sampling(1, 1).withSeed(3), 0);
    int[] counts = new int[4];
    for (int i = 0; i < 20_000; i++) {
      counts[chooser.choose(logits())]++;
    }
    assertThat(counts[0]).isBetween(4_750, 5_250);
    assertThat(counts[1]).isBetween(9_750, 10_250);
    assertThat(counts[2]).isBetween(2_300, 2_700);
  }

  @Test
  void drawsDependOnSeedAndRowAlone() {
    assertThat(drawn(1, 0))
        .isEqualTo(drawn(1, 0))
        .isNotEqualTo(drawn(2, 0))
        .isNotEqualTo(drawn(1, 1));
  }

  private static int[] drawn(long seed, int row) {
    TokenChooser chooser = new TokenChooser(Decoding.sampling(1, 1).withSeed(seed), row);
    int[] tokens = new int[40];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = chooser.choose(logits());
    }
    return tokens;
  }

  @Test
  void greedyTakesTheFirstOfTheLargest() {
    TokenChooser chooser = new TokenChooser(Decoding.greedy(1), 0);
    assertThat(chooser.choose(new float[] {1, 3, 3, Float.NaN})).isEqualTo(1);
    assertThatThrownBy(() -> chooser.choose(new float[] {Float.NaN, Float.NEGATIVE_INFINITY}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void repetitionPenaltyDividesPositiveAndMultipliesNegativeScoresOnce() {
    float[] logits = {4, -4, 1, 1};
    TokenChooser.penalise(2, new int[] {0, 0}, new int[] {1, 3, 2}, 2, logits);
    assertThat(logits).containsExactly(2, -8, 1, .5f);
  }

  @Test
  void rangesAreNamed() {
    assertThatThrownBy(() -> Decoding.sampling(1, 1).withTopP(0)).hasMessageContaining("topP");
    assertThatThrownBy(() -> Decoding.sampling(1, 1).withTopP(1.5)).hasMessageContaining("1.5");
    assertThatThrownBy(() -> Decoding.greedy(0)).hasMessageContaining("maxNewTokens");
    assertThatThrownBy(() -> Decoding.beams(4, 2).withTemperature(1)).hasMessageContaining("beams");
    assertThatThrownBy(() -> Decoding.greedy(1).withStop("")).hasMessageContaining("stop");
    assertThatThrownBy(() -> Decoding.sampling(1, -1)).hasMessageContaining("temperature");
    assertThatThrownBy(() -> Decoding.greedy(1).withRepetitionPenalty(0))
        .hasMessageContaining("repetitionPenalty");
  }
}
