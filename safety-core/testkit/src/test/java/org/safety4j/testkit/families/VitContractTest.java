package org.safety4j.testkit.families;

import org.safety4j.core.load.Models;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.testkit.ImageClassifierContract;

class VitContractTest extends ImageClassifierContract {
  @Override
  protected ImageClassifier.White open() {
    return Models.imageClassifier(Fixtures.path("vit"));
  }
}
