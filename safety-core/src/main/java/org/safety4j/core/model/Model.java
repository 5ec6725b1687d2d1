package org.safety4j.core.model;

/**
 * A model at some level of access. Inference is deterministic and in evaluation mode unless a type
 * says otherwise.
 */
public interface Model extends Artifact {
  /**
   * Describes the model.
   *
   * @return name, architecture, origin
   */
  ModelCard card();
}
