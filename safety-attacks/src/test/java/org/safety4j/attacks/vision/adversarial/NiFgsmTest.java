package org.safety4j.attacks.vision.adversarial;

import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

class NiFgsmTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return NiFgsm.linf(0.08);
  }

  @Override
  protected int callsPerStep() {
    return 6;
  }
}
