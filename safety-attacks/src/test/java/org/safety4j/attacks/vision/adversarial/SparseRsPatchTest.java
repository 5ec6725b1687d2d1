package org.safety4j.attacks.vision.adversarial;

import java.util.Optional;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.testkit.EvasionAttackContract;

class SparseRsPatchTest extends EvasionAttackContract {
  @Override
  protected EvasionAttack<?> attack() {
    return SparseRs.patch(3).withQueries(80);
  }

  @Override
  protected Optional<EvasionAttack<?>> withoutRoom() {
    return Optional.of(SparseRs.patch(3).withQueries(1));
  }
}
