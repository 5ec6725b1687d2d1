package org.safety4j.testkit.families;

import org.safety4j.core.load.Models;
import org.safety4j.core.model.VisionLanguageModel;
import org.safety4j.testkit.VisionLanguageModelContract;

class LlavaContractTest extends VisionLanguageModelContract {
  @Override
  protected VisionLanguageModel.White open() {
    return Models.open(Fixtures.path("llava"), VisionLanguageModel.White.class);
  }
}
