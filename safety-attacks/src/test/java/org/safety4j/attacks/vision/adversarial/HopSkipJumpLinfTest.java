package org.safety4j.attacks.vision.adversarial;

import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

class HopSkipJumpLinfTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return HopSkipJump.linf(0.15).withDirections(20, 100).withQueries(300);
  }
}
