package org.safety4j.testkit.families;

import org.safety4j.core.load.Models;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.testkit.DualEncoderContract;

class ClipContractTest extends DualEncoderContract {
  @Override
  protected DualEncoder.White open() {
    return Models.open(Fixtures.path("clip"), DualEncoder.White.class);
  }
}
