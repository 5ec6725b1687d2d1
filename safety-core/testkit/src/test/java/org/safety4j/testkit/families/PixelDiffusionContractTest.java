package org.safety4j.testkit.families;

import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.testkit.DiffusionModelContract;

class PixelDiffusionContractTest extends DiffusionModelContract {
  @Override
  protected DiffusionModel.White open() {
    return DiffusionLoader.open(Fixtures.path("pipeline-pixels"));
  }
}
