package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.safety4j.attacks.engine.query.Goal;
import org.safety4j.attacks.engine.query.LabelOracle;
import org.safety4j.attacks.engine.query.Outcomes;
import org.safety4j.attacks.engine.query.QueryLedger;
import org.safety4j.attacks.engine.query.ScoreOracle;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;

/** What the recipes on the query engine share. */
final class QueryRecipes {
  private static final float SMALLEST = 1e-30f;

  private QueryRecipes() {}

  static ScoreOracle scores(
      ImageClassifier.Gray model, LabeledImages input, LogitLoss loss, int queries, Run run) {
    int[] labels = input.labels();
    QueryLedger ledger = QueryLedger.of(model, run, input.size(), queries);
    return new ScoreOracle(model, loss, labels, Goal.untargeted(labels), ledger, run);
  }

  static LabelOracle labels(
      ImageClassifier.Black model, LabeledImages input, int queries, Run run) {
    QueryLedger ledger = QueryLedger.of(model, run, input.size(), queries);
    return new LabelOracle(model, Goal.untargeted(input.labels()), ledger, run);
  }

  static Rng rng(EvasionAttack<?> attack, Run run) {
    return run.rng().derive(attack.info().id());
  }

  /** Closes the outcomes once they are a result. */
  static EvasionResult result(EvasionAttack<?> attack, Outcomes outcomes, Norm norm) {
    try (outcomes) {
      return outcomes.result(attack.info(), attack, norm);
    }
  }

  /** A ball that holds every image: the attack makes the distance as small as it can. */
  static Ball everywhere(Norm norm) {
    return new Ball(norm, norm == Norm.LINF ? 1 : Double.MAX_VALUE);
  }

  static boolean isEverywhere(Ball ball) {
    return ball.equals(everywhere(ball.norm()));
  }

  /** The distance at which a walk ends, in the terms of the engine. */
  static double goal(Ball ball) {
    return isEverywhere(ball) ? Double.MAX_VALUE : ball.epsilon();
  }

  /** Scales every image to L2 length 1; zero stays zero. */
  static NDArray unitLength(NDArray x) {
    NDArray length = Ops.normL2(x).reshape(-1, 1, 1, 1);
    return x.div(length.maximum(SMALLEST));
  }

  /** The inner product of every two images, {@code [A, 1, 1, 1]}. */
  static NDArray dot(NDArray a, NDArray b) {
    return a.mul(b).sum(new int[] {1, 2, 3}, true);
  }

  static void requireNorm(Ball ball, Norm... allowed) {
    for (Norm norm : allowed) {
      if (ball.norm() == norm) {
        return;
      }
    }
    Require.that(false, "norm must be one of " + List.of(allowed) + ", was " + ball.norm());
  }
}
