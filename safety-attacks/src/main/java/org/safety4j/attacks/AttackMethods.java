package org.safety4j.attacks;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.attacks.vision.adversarial.VisionAttacks;
import org.safety4j.core.method.MethodProvider;

/** Lists the attacks of this jar for the catalogue. */
public final class AttackMethods implements MethodProvider {
  /** Made by {@link java.util.ServiceLoader}. */
  public AttackMethods() {}

  @Override
  public List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    entries.addAll(VisionAttacks.entries());
    return entries;
  }
}
