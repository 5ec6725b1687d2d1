package org.safety4j.core.method;

/** What a method is. */
public enum Kind {
  /** Breaks something. */
  ATTACK,
  /** Protects something. */
  DEFENSE,
  /** Teaches a model to behave. */
  ALIGNMENT,
  /** Protects data or ownership. */
  PROTECTION,
  /** Measures. */
  BENCHMARK,
  /** Provides data. */
  DATASET
}
