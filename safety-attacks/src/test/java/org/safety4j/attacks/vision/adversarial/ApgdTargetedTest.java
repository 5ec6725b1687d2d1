package org.safety4j.attacks.vision.adversarial;

import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

class ApgdTargetedTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Apgd.targeted(Ball.l2(0.3)).withSteps(20);
  }
}
