package org.safety4j.core.nn.clip;

import org.safety4j.core.error.Require;

/**
 * The shape of a vision tower.
 *
 * @param tower what both towers have
 * @param imageSize side of the square image in pixels, at least {@code patchSize}
 * @param patchSize side of a square patch in pixels, at least 1
 * @param channels channels of an image, at least 1
 */
public record ClipVisionConfig(ClipTowerConfig tower, int imageSize, int patchSize, int channels) {
  /**
   * Checks the sizes. * @throws IllegalArgumentException if one is out of range
   *
   * @param tower what both towers have
   * @param imageSize side of the square image in pixels, at least {@code patchSize}
   * @param patchSize side of a square patch in pixels, at least 1
   * @param channels channels of an image, at least 1
   */
  public ClipVisionConfig {
    Require.atLeast("patchSize", patchSize, 1);
    Require.atLeast("imageSize", imageSize, patchSize);
    Require.atLeast("channels", channels, 1);
  }

  /**
   * Returns the number of patches of an image.
   *
   * @return at least 1
   */
  public int patches() {
    int side = imageSize / patchSize;
    return side * side;
  }
}
