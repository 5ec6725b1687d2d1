package org.safety4j.core.nn;

import java.util.Collections;
import java.util.List;
import org.safety4j.core.error.Require;

/**
 * What a model does to pictures in [0,1] before its first layer: {@code (x - mean) / std}, channel
 * by channel.
 *
 * @param mean what is subtracted, one finite number a channel
 * @param std what is divided by, one finite number greater than 0 a channel
 */
public record Normalization(List<Double> mean, List<Double> std) {
  /**
   * Checks and copies.
   *
   * @param mean what is subtracted
   * @param std what is divided by
   * @throws IllegalArgumentException if the lists differ in length, are empty, or hold numbers out
   *     of range
   */
  public Normalization {
    Require.notEmpty("mean", mean);
    Require.that(
        mean.size() == std.size(),
        "mean and std must have one number a channel, had " + mean.size() + " and " + std.size());
    for (double m : mean) {
      Require.that(Double.isFinite(m), "mean must be finite, was " + mean);
    }
    for (double s : std) {
      Require.positive("std", s);
    }
    mean = List.copyOf(mean);
    std = List.copyOf(std);
  }

  /**
   * Leaves pictures as they are.
   *
   * @param channels how many channels they have, at least 1
   * @return a normalization with mean 0 and std 1
   */
  public static Normalization none(int channels) {
    return same(channels, 0, 1);
  }

  /**
   * Treats every channel alike.
   *
   * @param channels how many channels there are, at least 1
   * @param mean what is subtracted
   * @param std what is divided by, greater than 0
   * @return the normalization
   */
  public static Normalization same(int channels, double mean, double std) {
    Require.atLeast("channels", channels, 1);
    return new Normalization(
        Collections.nCopies(channels, mean), Collections.nCopies(channels, std));
  }

  /**
   * Returns the mean and standard deviation of ImageNet's RGB channels.
   *
   * @return the normalization that most models trained on ImageNet want
   */
  public static Normalization imageNet() {
    return new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));
  }

  /**
   * Returns the number of channels.
   *
   * @return the number, at least 1
   */
  public int channels() {
    return mean.size();
  }
}
