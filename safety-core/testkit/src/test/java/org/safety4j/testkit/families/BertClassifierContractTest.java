package org.safety4j.testkit.families;

import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.testkit.TextClassifierContract;

class BertClassifierContractTest extends TextClassifierContract {
  @Override
  protected TextClassifier.White open() {
    return LanguageModels.textClassifier(Fixtures.path("bert"));
  }
}
