package org.safety4j.attacks.vision.adversarial;

import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

class DiFgsmTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return DiFgsm.linf(0.1);
  }
}
