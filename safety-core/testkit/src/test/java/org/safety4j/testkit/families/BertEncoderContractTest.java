package org.safety4j.testkit.families;

import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.testkit.TextEncoderContract;

class BertEncoderContractTest extends TextEncoderContract {
  @Override
  protected TextEncoder.White open() {
    return LanguageModels.textEncoder(Fixtures.path("bert"));
  }
}
