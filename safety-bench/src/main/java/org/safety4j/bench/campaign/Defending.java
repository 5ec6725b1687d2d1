package org.safety4j.bench.campaign;

import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.defense.AdaptiveView;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.defense.Shield;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Model;
import org.safety4j.core.run.Run;

/** Applies defenses of any kind to models of any kind, at the highest rung that they keep. */
final class Defending {
  private Defending() {}

  /** A method does not fit a model; the message says which needs what. */
  static final class Unfit extends Exception {
    private static final long serialVersionUID = 1L;

    Unfit(String message) {
      super(message);
    }
  }

  static boolean fits(Defense<?, ?> defense, Model model) {
    return defense.requires().isInstance(model);
  }

  /** A protected image classifier, to be closed by the caller; the model stays open. */
  static Protected<? extends Artifact> apply(Defense<?, ?> defense, Model model, Run run)
      throws Unfit {
    if (!fits(defense, model)) {
      throw new Unfit(
          "defense needs "
              + Rungs.name(defense.requires())
              + ", "
              + model.card().name()
              + " offers "
              + Rungs.highest(model));
    }
    Protected<? extends Artifact> result =
        defense instanceof Shield<?> shield ? shield(shield, model, run) : any(defense, model, run);
    if (!(result.model() instanceof ImageClassifier.Black)) {
      String made = Rungs.name(result.model().getClass());
      result.close();
      throw new Unfit("defense gives " + made + ", which is no image classifier");
    }
    return result;
  }

  /**
   * Whether a defense shows an attacker who knows it a classifier that an attack can work on. Only
   * the attacks that the defense names as adaptive use it.
   */
  static boolean hasView(Defense<?, ?> defense, Model model, EvasionAttack<?> attack) {
    return defense instanceof AdaptiveView
        && model instanceof ImageClassifier.White
        && attack.requires().isAssignableFrom(ImageClassifier.White.class)
        && defense.info().adaptiveAttacks().contains(attack.info().id());
  }

  static ImageClassifier.White view(Defense<?, ?> defense, Model model, Run run) {
    return ((AdaptiveView) defense).adaptiveView((ImageClassifier.White) model, run);
  }

  private static <A extends Artifact, B extends Artifact> Protected<B> any(
      Defense<A, B> defense, Model model, Run run) {
    return defense.apply(defense.requires().cast(model), run);
  }

  private static <F extends Model> Protected<? extends F> shield(
      Shield<F> shield, Model model, Run run) {
    F target = shield.requires().cast(model);
    return at(shield, target, shield.keeps(target), run);
  }

  private static <F extends Model, M extends F> Protected<M> at(
      Shield<F> shield, F model, Class<M> rung, Run run) {
    return shield.apply(rung.cast(model), rung, run);
  }
}
