package org.safety4j.defenses.vision.adversarial;

import java.util.List;
import java.util.function.Supplier;
import org.safety4j.core.method.Method;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.method.MethodProvider.Entry;
import org.safety4j.core.model.Access;

/** Describes this package's methods without loading them. */
public final class AdversarialDefenses {
  static final MethodInfo RANDOMIZED_SMOOTHING =
      MethodInfo.defense("core-randomized-smoothing", Access.BLACK_BOX)
          .named("Randomized smoothing")
          .category("Certified / Randomised smoothing")
          .cites(
              "J. Cohen, E. Rosenfeld, J. Z. Kolter",
              "Certified Adversarial Robustness via Randomized Smoothing",
              "International Conference on Machine Learning",
              2019)
          .deviations(
              "The shield averages logits over few copies and neither abstains nor certifies.",
              "The shield's noise is drawn once by default, so that it is a function of the image.")
          .adaptiveAttacks("core-eot", "core-pgd", "core-autoattack-rand")
          .build();

  private AdversarialDefenses() {}

  /**
   * Lists this package's methods.
   *
   * @return one entry a method
   */
  public static List<Entry> entries() {
    return List.of(
        entry(
            RANDOMIZED_SMOOTHING, "RandomizedSmoothing", () -> RandomizedSmoothing.gaussian(0.25)));
  }

  private static Entry entry(
      MethodInfo info, String simpleName, Supplier<? extends Method> create) {
    String packageName = AdversarialDefenses.class.getPackageName();
    return new Entry(info, packageName + "." + simpleName, create);
  }
}
