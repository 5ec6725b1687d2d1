package org.safety4j.attacks.vision.adversarial;

import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

class TiFgsmTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return TiFgsm.linf(0.12).withKernelSize(3);
  }
}
