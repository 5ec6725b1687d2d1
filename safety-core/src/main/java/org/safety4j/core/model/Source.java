package org.safety4j.core.model;

import java.io.Serializable;

/**
 * A name for an artifact that can be opened again: what campaigns hash, store and send, since live
 * models can be neither.
 *
 * @param <T> what it opens
 */
public interface Source<T extends Artifact> extends Serializable {
  /**
   * Identifies the artifact; two sources with the same id open equal artifacts.
   *
   * @return such as {@code digits-vit}
   */
  String id();

  /**
   * Returns the type that is opened.
   *
   * @return the class token
   */
  Class<T> type();

  /**
   * Opens the artifact.
   *
   * @return a new artifact, to be closed by the caller
   */
  T open();
}
