package org.safety4j.core.nn.lm;

/** How a language model's weights are held. */
public enum Precision {
  /** Single precision: exact, differentiable. */
  FULL,
  /**
   * Half precision, packed for fast multiplication: several times faster in writing and half the
   * memory, without gradients. Logits differ by a few hundredths at most; what is reported is
   * checked in full precision.
   */
  FAST
}
