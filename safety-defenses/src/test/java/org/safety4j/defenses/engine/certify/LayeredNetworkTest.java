package org.safety4j.defenses.engine.certify;

import org.safety4j.core.model.ImageClassifier;
import org.safety4j.defenses.Fixtures;
import org.safety4j.testkit.ImageClassifierContract;

class LayeredNetworkTest extends ImageClassifierContract {
  @Override
  protected ImageClassifier.Gray open() {
    return Fixtures.convNet(3);
  }

  /** Small, so that few units change sides. */
  @Override
  protected double gradientStep() {
    return 1e-3;
  }

  @Override
  protected double gradientTolerance() {
    return 0.05;
  }
}
