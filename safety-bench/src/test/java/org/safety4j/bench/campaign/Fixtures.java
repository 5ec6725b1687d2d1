package org.safety4j.bench.campaign;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.ImageShield;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.Source;
import org.safety4j.core.run.Provenance;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/** A linear model of two classes on 2x2 pictures, and small methods whose outcome is known. */
final class Fixtures {
  /** Counts models opened and attacks run, to see that finished work is not done again. */
  static final AtomicInteger OPENED = new AtomicInteger();

  static final AtomicInteger ATTACKS = new AtomicInteger();

  private Fixtures() {}

  /** Class 1 if the left column is brighter than the right one; gradients may be hidden. */
  static final class Linear implements ImageClassifier.White {
    private final String name;
    private final boolean masked;
    private final NDManager manager = Tensors.newManager();
    private final NDArray weights;

    Linear(String name, boolean masked) {
      this.name = name;
      this.masked = masked;
      this.weights = manager.create(new float[] {-1, 1, -1, 1, 1, -1, 1, -1}, new Shape(2, 4));
    }

    @Override
    public NDArray logits(NDArray images) {
      return images.reshape(images.getShape().get(0), 4).matMul(weights.transpose());
    }

    @Override
    public Linearized linearize(NDArray images) {
      NDArray logits = logits(images);
      Shape shape = images.getShape();
      return new Linearized() {
        @Override
        public NDArray logits() {
          return logits;
        }

        @Override
        public NDArray pullback(NDArray cotangent) {
          return cotangent.matMul(weights).mul(masked ? 0 : 1).reshape(shape);
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public List<String> layers() {
      return List.of();
    }

    @Override
    public NDArray features(NDArray images, String layer) {
      throw new IllegalArgumentException("no layer " + layer + "; there are none");
    }

    @Override
    public Shape inputShape() {
      return new Shape(1, 2, 2);
    }

    @Override
    public NDManager manager() {
      return manager;
    }

    @Override
    public int classes() {
      return 2;
    }

    @Override
    public ModelCard card() {
      return new ModelCard(name, "linear", 8, "", "");
    }

    @Override
    public void close() {
      manager.close();
    }
  }

  record LinearSource(String id, boolean masked) implements Source<ImageClassifier.White> {
    private static final long serialVersionUID = 1L;

    @Override
    public Class<ImageClassifier.White> type() {
      return ImageClassifier.White.class;
    }

    @Override
    public ImageClassifier.White open() {
      OPENED.incrementAndGet();
      return new Linear(id, masked);
    }
  }

  /** Pictures whose columns differ by 0.05 to 0.25 a pixel: all are classified correctly. */
  record Pixels(int size) implements Source<LabeledImages> {
    private static final long serialVersionUID = 1L;

    @Override
    public String id() {
      return "pixels-" + size;
    }

    @Override
    public Class<LabeledImages> type() {
      return LabeledImages.class;
    }

    @Override
    public LabeledImages open() {
      float[] pixels = new float[size * 4];
      int[] labels = new int[size];
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < size; i++) {
        labels[i] = i % 2;
        float gap = 0.05f + 0.2f * i / Math.max(1, size - 1);
        float sign = labels[i] == 1 ? 1 : -1;
        float base = 0.45f + 0.1f * (float) random.nextDouble();
        for (int p = 0; p < 4; p++) {
          pixels[4 * i + p] = base + sign * (p % 2 == 0 ? gap / 2 : -gap / 2);
        }
      }
      return LabeledImages.of(
          id(), pixels, new Shape(1, 2, 2), labels, List.of("right", "<b>left</b>"));
    }
  }

  private static MethodInfo info(String id, Class<?> rung) {
    return MethodInfo.attack(id, rung).named(id).cites("Test", 2026).build();
  }

  /** Builds a result as an honest attack does. */
  private static EvasionResult result(
      ImageClassifier.Black model,
      LabeledImages images,
      NDArray adversarial,
      Ball ball,
      long queries,
      boolean boast,
      Run run,
      String id) {
    int[] labels = images.labels();
    int[] before = model.labels(images.images());
    int[] after = model.labels(adversarial);
    float[] distance = ball.norm().of(adversarial.sub(images.images())).toFloatArray();
    EvasionResult.Builder builder = EvasionResult.of(adversarial, ball.norm());
    for (int i = 0; i < labels.length; i++) {
      boolean won = before[i] == labels[i] && (boast || after[i] != labels[i]);
      builder.add(
          new EvasionResult.Sample(labels[i], before[i], after[i], won, distance[i], queries, 1));
    }
    return builder
        .seconds(run.seconds())
        .provenance(
            new Provenance(
                id,
                "",
                run.seed(),
                model.card().name(),
                images.name(),
                Provenance.describeEnvironment(),
                run.started()))
        .build();
  }

  /** One signed gradient step: optimal on a linear model. */
  record Signed(Ball ball) implements EvasionAttack.White, Constrained<Signed> {
    static Signed linf(double epsilon) {
      return new Signed(Ball.linf(epsilon));
    }

    @Override
    public MethodInfo info() {
      return Fixtures.info("test-signed", requires());
    }

    @Override
    public Signed withBall(Ball value) {
      return new Signed(value);
    }

    @Override
    public EvasionResult run(ImageClassifier.White model, LabeledImages images, Run run) {
      ATTACKS.incrementAndGet();
      run.check();
      try (Scope scope = Scope.open()) {
        NDArray gradient =
            model
                .gradient(
                    images.images(),
                    images.labelArray(),
                    (logits, labels) -> Ops.pick(logits, labels).neg())
                .gradient();
        NDArray moved = images.images().add(gradient.sign().mul((float) ball.epsilon()));
        NDArray adversarial = ball.project(moved, images.images());
        return result(model, images, adversarial, ball, 1, false, run, info().id());
      }
    }
  }

  /**
   * Tries the two directions that matter and keeps what the scores like less: needs no gradient.
   */
  record Guess(Ball ball) implements EvasionAttack.Gray, Constrained<Guess> {
    static Guess linf(double epsilon) {
      return new Guess(Ball.linf(epsilon));
    }

    @Override
    public MethodInfo info() {
      return Fixtures.info("test-guess", requires());
    }

    @Override
    public Guess withBall(Ball value) {
      return new Guess(value);
    }

    @Override
    public EvasionResult run(ImageClassifier.Gray model, LabeledImages images, Run run) {
      ATTACKS.incrementAndGet();
      try (Scope scope = Scope.open()) {
        NDManager manager = images.manager();
        NDArray tilt = manager.create(new float[] {1, -1, 1, -1}, new Shape(1, 1, 2, 2));
        NDArray step = tilt.mul((float) ball.epsilon());
        NDArray plus = ball.project(images.images().add(step), images.images());
        NDArray minus = ball.project(images.images().sub(step), images.images());
        NDArray better =
            Ops.pick(model.logits(plus), images.labelArray())
                .lt(Ops.pick(model.logits(minus), images.labelArray()))
                .reshape(images.size(), 1, 1, 1);
        NDArray adversarial = Ops.where(better, plus, minus);
        return result(model, images, adversarial, ball, 2, false, run, info().id());
      }
    }
  }

  /** Changes nothing and says so. */
  record Idle(Ball ball) implements EvasionAttack.Black, Constrained<Idle> {
    @Override
    public MethodInfo info() {
      return Fixtures.info("test-idle", requires());
    }

    @Override
    public Idle withBall(Ball value) {
      return new Idle(value);
    }

    @Override
    public EvasionResult run(ImageClassifier.Black model, LabeledImages images, Run run) {
      return result(model, images, images.images(), ball, 1, false, run, info().id());
    }
  }

  /** Leaves its ball by a factor of ten, and boasts. */
  record Cheat(Ball ball, boolean boast) implements EvasionAttack.Black, Constrained<Cheat> {
    @Override
    public MethodInfo info() {
      return Fixtures.info("test-cheat", requires());
    }

    @Override
    public Cheat withBall(Ball value) {
      return new Cheat(value, boast);
    }

    @Override
    public EvasionResult run(ImageClassifier.Black model, LabeledImages images, Run run) {
      try (Scope scope = Scope.open()) {
        NDArray adversarial = images.images();
        if (!boast) {
          NDArray step =
              images
                  .manager()
                  .create(new float[] {-1, 1, -1, 1}, new Shape(1, 1, 2, 2))
                  .mul((float) (10 * ball.epsilon()));
          adversarial = Ops.clamp(images.images().add(step), 0, 1);
        }
        return result(model, images, adversarial, ball, 1, boast, run, info().id());
      }
    }
  }

  /** Throws. */
  record Broken(String message) implements EvasionAttack.Black {
    @Override
    public MethodInfo info() {
      return Fixtures.info("test-broken", requires());
    }

    @Override
    public EvasionResult run(ImageClassifier.Black model, LabeledImages images, Run run) {
      throw new IllegalStateException(message);
    }
  }

  /** Halves the contrast, which changes no answer; offers scores only. */
  record Contrast(List<String> adaptive) implements ImageShield {
    @Override
    public MethodInfo info() {
      return MethodInfo.defense("test-contrast", Access.GRAY_BOX)
          .named("contrast")
          .cites("Test", 2026)
          .adaptiveAttacks(adaptive.toArray(String[]::new))
          .build();
    }

    @Override
    public <M extends ImageClassifier.Black> Protected<M> apply(M model, Class<M> rung, Run run) {
      ImageClassifier.Gray inner = (ImageClassifier.Gray) model;
      return Protected.view(
          this,
          model,
          rung.cast(scores("contrast", images -> inner.logits(images.mul(0.5f)))),
          rung);
    }
  }

  /** Adds noise that depends on the run's seed, large enough to change answers. */
  record Noise(double sigma) implements ImageShield {
    @Override
    public MethodInfo info() {
      return MethodInfo.defense("test-noise", Access.GRAY_BOX)
          .named("noise")
          .cites("Test", 2026)
          .build();
    }

    @Override
    public <M extends ImageClassifier.Black> Protected<M> apply(M model, Class<M> rung, Run run) {
      ImageClassifier.Gray inner = (ImageClassifier.Gray) model;
      return Protected.view(
          this,
          model,
          rung.cast(
              scores(
                  "noise",
                  images ->
                      inner.logits(
                          images.add(
                              run.rng()
                                  .derive("noise")
                                  .normal(images.getManager(), images.getShape())
                                  .mul((float) sigma))))),
          rung);
    }
  }

  private static ImageClassifier.Gray scores(
      String name, java.util.function.UnaryOperator<NDArray> logits) {
    return new ImageClassifier.Gray() {
      @Override
      public NDArray logits(NDArray images) {
        return logits.apply(images);
      }

      @Override
      public int classes() {
        return 2;
      }

      @Override
      public ModelCard card() {
        return ModelCard.named(name);
      }

      @Override
      public void close() {}
    };
  }

  static Ball linf(double epsilon) {
    return new Ball(Norm.LINF, epsilon);
  }
}
