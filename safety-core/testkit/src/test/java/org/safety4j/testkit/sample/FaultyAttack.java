package org.safety4j.testkit.sample;

import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

/** Not a test of its own: {@link ContractCatchesFaultsTest} runs it and wants it to fail. */
class FaultyAttack extends EvasionAttackContract {
  static SignAttack.Fault fault = SignAttack.Fault.NONE;

  @Override
  protected EvasionAttack<?> attack() {
    return SignAttack.with(fault);
  }

  @Override
  protected boolean catalogued() {
    return false;
  }
}
