package org.safety4j.testkit.sample;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Provenance;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/** A plain sign ascent, image by image, that keeps the contract; mutants break one rule each. */
record SignAttack(Ball ball, Fault fault) implements EvasionAttack.White, Constrained<SignAttack> {
  private static final int STEPS = 20;

  enum Fault {
    NONE,
    LEAVES_THE_BALL,
    IGNORES_CANCELLATION,
    LEAKS,
    COUNTS_WRONG,
    SHARES_RANDOMNESS,
    DOES_NOTHING,
    CLAIMS_TOO_MUCH
  }

  @Override
  public SignAttack withBall(Ball value) {
    return new SignAttack(value, fault);
  }

  @Override
  public MethodInfo info() {
    return MethodInfo.attack("test-sign", ImageClassifier.White.class).cites("Test", 2026).build();
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    run.proceed();
    int[] labels = input.labels();
    int[] ids = input.ids();
    try (NDManager own = Tensors.newManager();
        Scope outer = Scope.open()) {
      NDArray adversarials = Ops.copy(input.images());
      int[] before = model.labels(input.images());
      int[] after = before.clone();
      long[] queries = new long[labels.length];
      int[] steps = new int[labels.length];
      long limit =
          Math.min(run.budget().queriesPerSample(), Access.budget(model).queriesPerSample());
      for (int i = 0; i < labels.length; i++) {
        queries[i] = 1;
        try (Scope sample = Scope.open()) {
          NDArray x0 = Ops.rows(input.images(), i);
          NDArray y = Ops.rows(input.labelArray(), i);
          NDArray x = start(x0, own, fault == Fault.SHARES_RANDOMNESS ? i : ids[i], run);
          while (before[i] == labels[i]
              && after[i] == labels[i]
              && steps[i] < STEPS
              && fault != Fault.DOES_NOTHING
              && queries[i] + 2 <= limit
              && (fault == Fault.IGNORES_CANCELLATION || run.proceed())) {
            step(model, x, x0, y, input.manager());
            steps[i]++;
            queries[i] += 2;
            after[i] = model.labels(x)[0];
            if (after[i] != labels[i]) {
              Ops.overwriteRows(adversarials, Ops.index(own, i), x);
            }
          }
        }
      }
      float[] distances = ball.norm().of(adversarials.sub(input.images())).toFloatArray();
      EvasionResult.Builder result =
          EvasionResult.of(adversarials, ball.norm())
              .seconds(run.seconds())
              .provenance(
                  new Provenance(
                      info().id(),
                      toString(),
                      run.seed(),
                      model.card().name(),
                      input.name() + " " + input.checksum(),
                      Provenance.describeEnvironment(),
                      run.started()));
      for (int i = 0; i < labels.length; i++) {
        boolean success =
            before[i] == labels[i] && (after[i] != labels[i] || fault == Fault.CLAIMS_TOO_MUCH);
        long reported = queries[i] - (fault == Fault.COUNTS_WRONG ? 1 : 0);
        result.add(
            new EvasionResult.Sample(
                labels[i], before[i], after[i], success, distances[i], reported, steps[i]));
      }
      return result.build();
    }
  }

  private void step(
      ImageClassifier.White model, NDArray x, NDArray x0, NDArray y, NDManager elsewhere) {
    try (Scope scope = Scope.open()) {
      NDArray g = model.gradient(x, y, CrossEntropy.untargeted()).gradient();
      NDArray stepped = x.add(g.sign().mul(ball.epsilon() / 4));
      Ops.overwrite(
          x, fault == Fault.LEAVES_THE_BALL ? Ops.clamp(stepped, 0, 1) : ball.project(stepped, x0));
      if (fault == Fault.LEAKS) {
        scope.release(stepped, elsewhere);
      }
    }
  }

  private NDArray start(NDArray x0, NDManager own, int id, Run run) {
    NDArray noise =
        run.rng()
            .derive("start")
            .uniform(
                own,
                new int[] {id},
                Tensors.elementShape(x0),
                -ball.epsilon() / 2,
                ball.epsilon() / 2);
    return ball.project(x0.add(noise), x0);
  }

  static SignAttack with(Fault fault) {
    return new SignAttack(Ball.linf(0.1), fault);
  }

  static List<Fault> faults() {
    return List.of(Fault.values()).subList(1, Fault.values().length);
  }
}
