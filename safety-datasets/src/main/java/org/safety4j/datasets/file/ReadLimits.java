package org.safety4j.datasets.file;

import org.safety4j.core.error.Require;

/**
 * Bounds on what a reader takes from one file, so that a hostile file costs an error instead of the
 * memory of the process. Immutable and safe to share between threads.
 *
 * @param maxBytes largest number of bytes read from one file, counted after decompression; in [1,
 *     2147483639], default 1 GiB
 * @param maxItems largest number of items (pictures, rows, array entries of an archive) taken from
 *     one file or folder; at least 1, default 2,000,000
 * @param maxPixels largest width times height of one picture; at least 1, default 50 million
 */
public record ReadLimits(long maxBytes, int maxItems, long maxPixels) {
  private static final long LARGEST_ARRAY = Integer.MAX_VALUE - 8L;

  /**
   * Checks the bounds.
   *
   * @param maxBytes bytes a file, in [1, 2147483639]
   * @param maxItems items a file or folder, at least 1
   * @param maxPixels pixels a picture, at least 1
   * @throws IllegalArgumentException if one is outside its range
   */
  public ReadLimits {
    Require.inRange("maxBytes", maxBytes, 1, LARGEST_ARRAY);
    Require.atLeast("maxItems", maxItems, 1);
    Require.that(maxPixels >= 1, "maxPixels must be at least 1, was " + maxPixels);
  }

  /**
   * Gives the defaults: 1 GiB, 2,000,000 items, 50 million pixels a picture.
   *
   * @return the default limits
   */
  public static ReadLimits defaults() {
    return new ReadLimits(1L << 30, 2_000_000, 50_000_000L);
  }

  /**
   * Copies these limits with another bound on bytes.
   *
   * @param bytes the new bound, in [1, 2147483639]
   * @return the changed copy
   */
  public ReadLimits withMaxBytes(long bytes) {
    return new ReadLimits(bytes, maxItems, maxPixels);
  }

  /**
   * Copies these limits with another bound on items.
   *
   * @param items the new bound, at least 1
   * @return the changed copy
   */
  public ReadLimits withMaxItems(int items) {
    return new ReadLimits(maxBytes, items, maxPixels);
  }

  /**
   * Copies these limits with another bound on pixels.
   *
   * @param pixels the new bound, at least 1
   * @return the changed copy
   */
  public ReadLimits withMaxPixels(long pixels) {
    return new ReadLimits(maxBytes, maxItems, pixels);
  }
}
