package org.safety4j.defenses;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.method.MethodProvider;
import org.safety4j.defenses.vision.adversarial.AdversarialDefenses;

/** Lists this jar's methods for the catalogue. */
public final class DefenseMethods implements MethodProvider {
  /** Called by the service loader. */
  public DefenseMethods() {}

  @Override
  public List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    entries.addAll(AdversarialDefenses.entries());
    return entries;
  }
}
