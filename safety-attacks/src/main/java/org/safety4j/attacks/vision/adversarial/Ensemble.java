package org.safety4j.attacks.vision.adversarial;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.safety4j.attacks.engine.perturb.Attempt;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/** Runs the members of {@link AutoAttack} one after another. */
final class Ensemble {
  private static final double SAME = 1e-5;

  private final AutoAttack attack;
  private final ImageClassifier.White model;
  private final LabeledImages input;
  private final Run run;
  private final Set<String> warnings = new LinkedHashSet<>();

  Ensemble(AutoAttack attack, ImageClassifier.White model, LabeledImages input, Run run) {
    this.attack = attack;
    this.model = model;
    this.input = input;
    this.run = run;
  }

  EvasionResult run() {
    try (Attempt attempt =
        Attempt.begin(
            attack.info(), attack, attack.ball().norm(), model, input, Target.any(), run)) {
      int[] correct = attempt.standing();
      try {
        checkRandomness(attempt, correct);
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      List<EvasionAttack<?>> members = attack.members(model.classes());
      for (int m = 0; m < members.size() && attempt.proceed(); m++) {
        int[] left = attack.keepsFallen() ? correct : attempt.standing();
        if (left.length == 0 || !runMember(attempt, members.get(m), m, left)) {
          break;
        }
        run.listener().step(attack.info().id(), m + 1, members.size(), attempt.standing().length);
      }
      warnings.forEach(attempt::warn);
      return attempt.result();
    }
  }

  /** Asks twice: members without draws say little about a model whose answers vary. */
  private void checkRandomness(Attempt attempt, int[] correct) {
    List<int[]> parts = attempt.split(correct);
    if (parts.isEmpty() || !attempt.proceed() || attempt.queriesLeft(parts.get(0)) < 3) {
      return;
    }
    float[][] first = attempt.scoresOf(parts.get(0));
    float[][] second = attempt.scoresOf(parts.get(0));
    boolean random = false;
    for (int i = 0; i < first.length; i++) {
      for (int k = 0; k < first[i].length; k++) {
        random |= Math.abs(first[i][k] - second[i][k]) > SAME * Math.max(1, Math.abs(first[i][k]));
      }
    }
    if (random && attack.version() != AutoAttack.Version.RAND) {
      warnings.add(
          "the model answers differently when asked twice, so members without draws may fail for"
              + " that alone; run AutoAttack.rand");
    }
    if (!random && attack.version() == AutoAttack.Version.RAND) {
      warnings.add(
          "the model answers the same when asked twice; AutoAttack.standard has more members for"
              + " such models");
    }
  }

  /** Returns false once nothing is left to run with. */
  private boolean runMember(Attempt attempt, EvasionAttack<?> member, int number, int[] left) {
    double seconds = run.budget().time().toNanos() / 1e9 - run.seconds();
    long queries = attempt.queriesLeft(left);
    if (seconds <= 0 || queries < 2) {
      return false;
    }
    Run own =
        run.part("member-" + number)
            .withBudget(run.budget().withSeconds(seconds).withQueriesPerSample(queries));
    try (LabeledImages standing = input.subset(left);
        EvasionResult result = runOn(member, standing, own)) {
      int fell = attempt.absorb(left, result);
      for (String warning : result.warnings()) {
        warnings.add(member.info().name() + ": " + warning);
      }
      if (member instanceof Square && fell > 0 && !attack.keepsFallen()) {
        warnings.add(
            "the attack by queries found "
                + fell
                + " images that the gradients missed: gradients may be masked");
      }
    }
    return true;
  }

  private <M extends ImageClassifier.Black> EvasionResult runOn(
      EvasionAttack<M> member, LabeledImages standing, Run own) {
    return member.run(member.requires().cast(model), standing, own);
  }
}
