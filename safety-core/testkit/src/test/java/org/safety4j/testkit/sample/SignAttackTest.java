package org.safety4j.testkit.sample;

import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

class SignAttackTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return SignAttack.with(SignAttack.Fault.NONE);
  }

  @Override
  protected boolean catalogued() {
    return false;
  }
}
