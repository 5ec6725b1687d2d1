package org.safety4j.bench.campaign;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.safety4j.bench.stats.Entry;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.defense.AdaptiveView;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.defense.Shield;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Model;
import org.safety4j.core.run.Run;
import org.safety4j.defenses.engine.detect.RejectingShield;

/** Applies defenses of any kind to models of any kind, at the highest rung that they keep. */
final class Defending {
  /** EOT and BPDA. */
  private static final String EOT = "core-eot";

  private static final String SQUARE = "core-square";

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
   * Which attacks adapt to a defended model beside those that the defense names, from what it was
   * seen to do: a search on the undefended model's gradients where its own are zero or hidden, one
   * that averages where its answers vary, one without gradients where its own are zero.
   *
   * @param original the undefended model; null where there is none
   * @param shown the defended model
   * @param random whether two draws of the defense answered differently
   * @param zeroGradients images for which the loss has a gradient of zero
   * @return ids of attacks
   */
  static List<String> picked(
      Defense<?, ?> defense,
      ImageClassifier.Black original,
      ImageClassifier.Black shown,
      boolean random,
      int zeroGradients) {
    List<String> ids = new ArrayList<>();
    boolean hidden =
        original instanceof ImageClassifier.White
            && !(shown instanceof ImageClassifier.White)
            && !(defense instanceof AdaptiveView);
    boolean masked = zeroGradients > 0 && !defense.equals(None.defense());
    boolean gradients =
        original instanceof ImageClassifier.White || shown instanceof ImageClassifier.White;
    if (hidden || masked || random && gradients) {
      ids.add(EOT);
    }
    if (masked && shown instanceof ImageClassifier.Gray) {
      ids.add(SQUARE);
    }
    return ids;
  }

  /**
   * The model that an attack on a defended model works on: the defended model itself where that
   * serves, else, for attacks that adapt to the defense, what an attacker who knows it can build.
   *
   * @param original the undefended model; null where there is none
   * @param shown the defended model
   * @param run the run that the defense was applied with
   * @return empty where the attack does not fit
   */
  static Optional<ImageClassifier.Black> target(
      EvasionAttack<?> attack,
      Defense<?, ?> defense,
      Model original,
      ImageClassifier.Black shown,
      Entry.Baseline baseline,
      Run run) {
    boolean fits = attack.requires().isInstance(shown);
    String id = attack.info().id();
    boolean blind = fits && id.equals(EOT) && baseline.zeroGradients() > 0;
    if ((!fits || blind)
        && baseline.adaptive().contains(id)
        && original instanceof ImageClassifier.White white
        && attack.requires().isAssignableFrom(ImageClassifier.White.class)) {
      return Optional.of(view(defense, white, shown, run));
    }
    return fits ? Optional.of(shown) : Optional.empty();
  }

  private static ImageClassifier.White view(
      Defense<?, ?> defense, ImageClassifier.White original, ImageClassifier.Black shown, Run run) {
    if (defense instanceof AdaptiveView adaptive) {
      return adaptive.adaptiveView(original, run);
    }
    Optional<ImageClassifier.White> whole =
        shown instanceof RejectingShield.Rejecting rejecting
            ? rejecting.adaptiveView()
            : Optional.empty();
    return whole.orElseGet(() -> new BackwardView(shown, original));
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
