package org.safety4j.datasets.zoo;

/** Ways in which models of the zoo are trained. */
public enum ZooTraining {
  /** The recipe's own loss on clean pictures. */
  STANDARD(""),
  /** Cross-entropy on adversarial pictures found by PGD. */
  PGD("-pgd"),
  /** Cross-entropy on clean pictures plus the divergence to adversarial ones (TRADES). */
  TRADES("-trades");

  private final String suffix;

  ZooTraining(String suffix) {
    this.suffix = suffix;
  }

  /**
   * Tells what stands at the end of a model's id.
   *
   * @return the suffix, empty for standard training
   */
  public String suffix() {
    return suffix;
  }
}
