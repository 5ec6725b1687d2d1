package org.safety4j.core.model;

/** What defenses take and give: models and data sets. Closing frees native memory. */
public interface Artifact extends AutoCloseable {
  /** Frees what the artifact owns. Closing twice does nothing. */
  @Override
  void close();
}
