package org.safety4j.core.model;

/**
 * A text that a language model has read: its keys and values, to be put before other texts without
 * reading it again. Belongs to the model that made it. Read-only and safe for many threads; the
 * caller closes it.
 */
public interface KvPrefix extends AutoCloseable {
  /**
   * Returns the text's tokens.
   *
   * @return a copy
   */
  int[] ids();

  /**
   * Returns the number of tokens.
   *
   * @return at least 1
   */
  int length();

  /** Frees the keys and values. */
  @Override
  void close();
}
