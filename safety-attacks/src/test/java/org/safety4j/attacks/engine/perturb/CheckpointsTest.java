package org.safety4j.attacks.engine.perturb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CheckpointsTest {
  /** Oracle 7. */
  @Test
  void intervalsShrinkAsPublished() {
    assertThat(Checkpoints.of(100)).containsExactly(0, 22, 41, 57, 70, 80, 87, 93, 99);
  }

  @Test
  void shortSearchesHaveCheckpointsToo() {
    assertThat(Checkpoints.of(0)).containsExactly(0);
    assertThat(Checkpoints.of(5)).startsWith(0, 1).isSorted().doesNotHaveDuplicates();
  }
}
