package org.safety4j.attacks.vision.adversarial;

import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

class MiFgsmTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return MiFgsm.linf(0.08);
  }
}
