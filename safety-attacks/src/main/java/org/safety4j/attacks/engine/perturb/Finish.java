package org.safety4j.attacks.engine.perturb;

/** When a sample's search ends, and which image it gives. */
public enum Finish {
  /**
   * At the first success, when the sample leaves the batch. A sample that stands at the end gives
   * its original.
   */
  FIRST_SUCCESS,
  /** After all steps, with the last image whether it succeeded or not: for images that transfer. */
  LAST_IMAGE,
  /** After all steps, with the image of the highest loss, whether it succeeded or not. */
  HIGHEST_LOSS
}
