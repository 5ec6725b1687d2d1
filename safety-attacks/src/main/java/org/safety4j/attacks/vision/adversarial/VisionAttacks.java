package org.safety4j.attacks.vision.adversarial;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.method.MethodProvider;

/** Lists this package's methods. */
public final class VisionAttacks {
  private VisionAttacks() {}

  /**
   * Lists the attacks on image classifiers.
   *
   * @return one entry a method
   */
  public static List<MethodProvider.Entry> entries() {
    List<MethodProvider.Entry> entries = new ArrayList<>(AdversarialMethods.entries());
    entries.addAll(QueryMethods.entries());
    return entries;
  }
}
