package org.safety4j.testkit.families;

import org.safety4j.core.load.Models;
import org.safety4j.core.model.Segmenter;
import org.safety4j.testkit.SegmenterContract;

class SamContractTest extends SegmenterContract {
  @Override
  protected Segmenter.White open() {
    return Models.open(Fixtures.path("sam"), Segmenter.White.class);
  }
}
