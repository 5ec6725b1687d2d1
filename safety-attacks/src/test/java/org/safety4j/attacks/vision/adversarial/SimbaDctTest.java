package org.safety4j.attacks.vision.adversarial;

import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

class SimbaDctTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return Simba.dct().withStep(0.2).withBall(Ball.l2(0.9)).withQueries(100);
  }
}
