package org.safety4j.defenses.engine.certify;

/** How bounds are propagated, from loose and cheap to tight and dear. */
public enum BoundMethod {
  /** Intervals through every layer but the last, which is bounded with the margins at once. */
  INTERVAL,
  /** Linear relaxation from the margins to the input, with intervals for the units in between. */
  CROWN_INTERVAL,
  /** Linear relaxation for the units in between, too. Memory grows with their number squared. */
  CROWN
}
