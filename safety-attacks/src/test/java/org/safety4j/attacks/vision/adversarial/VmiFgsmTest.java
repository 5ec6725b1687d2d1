package org.safety4j.attacks.vision.adversarial;

import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

class VmiFgsmTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return VmiFgsm.linf(0.08).withNeighbours(4);
  }

  @Override
  protected int callsPerStep() {
    return 6;
  }
}
