package org.safety4j.bench.jmh;

import ai.djl.ndarray.NDArray;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.safety4j.attacks.engine.perturb.Finish;
import org.safety4j.attacks.vision.adversarial.Apgd;
import org.safety4j.attacks.vision.adversarial.CarliniWagner;
import org.safety4j.attacks.vision.adversarial.Fab;
import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.attacks.vision.adversarial.Square;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.defenses.vision.adversarial.RandomizedSmoothing;

/** Loops over a ViT-Tiny, batch 32, beside the bare calls that they are made of. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class EvasionBenchmark {
  private static final int COPIES = 8;
  private static final double TOO_SMALL = 1e-6;

  /**
   * An attack of some length during which no sample leaves. Two lengths give the cost of a step
   * alone: what they share, such as both evaluations, drops out.
   */
  @State(Scope.Benchmark)
  public static class AttackRun {
    /** The attack. */
    @Param({"pgd", "apgd", "cw", "fab", "square"})
    public String name;

    /** Steps, or queries a sample. */
    @Param({"5", "20"})
    public int steps;

    /** Called by JMH. */
    public AttackRun() {}

    EvasionAttack<? super ImageClassifier.White> attack() {
      return switch (name) {
        case "pgd" -> Pgd.linf(8 / 255.0).withSteps(steps).withFinish(Finish.LAST_IMAGE);
        case "apgd" -> Apgd.linf(TOO_SMALL).withSteps(steps);
        case "cw" -> CarliniWagner.l2().withSearchSteps(1).withSteps(steps);
        case "fab" -> Fab.targeted(Ball.linf(TOO_SMALL)).withTargetClasses(1).withSteps(steps);
        case "square" -> Square.linf(TOO_SMALL).withQueries(steps);
        default -> throw new IllegalArgumentException("no attack \"" + name + "\"");
      };
    }
  }

  private Vit model;
  private LabeledImages images;
  private NDArray cotangent;
  private Protected<ImageClassifier.Gray> smoothed;

  /** Called by JMH. */
  public EvasionBenchmark() {}

  /** Makes the model and the batch. */
  @Setup(Level.Trial)
  public void open() {
    model = VitTiny.model();
    images = VitTiny.images(model);
    try (NDArray logits = model.logits(images.images())) {
      cotangent = logits.onesLike();
      cotangent.attach(images.manager());
    }
    smoothed =
        RandomizedSmoothing.gaussian(0.25)
            .withCopies(COPIES)
            .apply((ImageClassifier.Gray) model, Run.seed(0));
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void close() {
    smoothed.close();
    images.close();
    model.close();
  }

  /** One bare forward pass. */
  @Benchmark
  public void forward() {
    model.logits(images.images()).close();
  }

  /** One bare forward and backward pass to the images. */
  @Benchmark
  public void forwardBackward() {
    try (Linearized at = model.linearize(images.images())) {
      at.lastPullback(cotangent).close();
    }
  }

  /** One loss and its gradient for the images. */
  @Benchmark
  public void gradient() {
    try (ValueAndGradient g =
        model.gradient(images.images(), images.labelArray(), CrossEntropy.untargeted())) {
      g.gradient().getShape();
    }
  }

  /**
   * One attack from start to end, with both evaluations.
   *
   * @param run which attack, and how long
   */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @Warmup(iterations = 1)
  @Measurement(iterations = 3)
  public void attack(AttackRun run) {
    run.attack().run(model, images, Run.seed(0)).close();
  }

  /** One noisy copy of the batch through the smoothed model. */
  @Benchmark
  @OperationsPerInvocation(COPIES)
  public void smoothedCopy() {
    smoothed.model().logits(images.images()).close();
  }
}
