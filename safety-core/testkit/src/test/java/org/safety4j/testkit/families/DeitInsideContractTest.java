package org.safety4j.testkit.families;

import org.safety4j.core.load.Models;
import org.safety4j.core.model.VisionTransformer;
import org.safety4j.testkit.VisionTransformerContract;

class DeitInsideContractTest extends VisionTransformerContract {
  @Override
  protected VisionTransformer.White open() {
    return Models.open(Fixtures.path("deit"), VisionTransformer.White.class);
  }
}
