package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.method.Catalog;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.method.MethodProvider;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.CancelToken;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.models.Observed;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

/**
 * What every evasion attack must keep to.
 *
 * <pre>{@code
 * class MyAttackTest extends EvasionAttackContract {
 *   @Override
 *   protected EvasionAttack<?> attack() {
 *     return new MyAttack(0.1, 20);
 *   }
 * }
 * }</pre>
 *
 * <p>The attack is run on a small smooth network and eight images, of which it must fool at least
 * one; two images carry a wrong label from the start.
 */
public abstract class EvasionAttackContract {
  private static final long SEED = 7;

  private ImageClassifier.White model;
  private LabeledImages images;

  /** For subclasses. */
  protected EvasionAttackContract() {}

  /**
   * Makes the attack under test, strong enough to fool the model on some of the images.
   *
   * @return the attack
   */
  protected abstract EvasionAttack<?> attack();

  /**
   * Makes the same attack without room: epsilon 0 or no steps. It must return the images bit for
   * bit.
   *
   * @return by default a {@link Constrained} attack with epsilon 0, and nothing for others
   */
  protected Optional<EvasionAttack<?>> withoutRoom() {
    if (attack() instanceof Constrained<?> constrained) {
      Ball none = constrained.ball().withEpsilon(0);
      return Optional.of((EvasionAttack<?>) constrained.withBall(none));
    }
    return Optional.empty();
  }

  /**
   * Returns the ball that the attack keeps within.
   *
   * @return by default that of a {@link Constrained} attack, and none for others
   */
  protected Optional<Ball> ball() {
    return attack() instanceof Constrained<?> constrained
        ? Optional.of(constrained.ball())
        : Optional.empty();
  }

  /**
   * Opens the model that is attacked.
   *
   * @return by default a {@link TinyMlp} for grey images of 8 x 8 pixels and 4 classes
   */
  protected ImageClassifier.White openModel() {
    return TinyMlp.create();
  }

  /**
   * Makes the images that are attacked.
   *
   * @param target who classifies them
   * @return by default eight images, the third and the sixth with a wrong label
   */
  protected LabeledImages openImages(ImageClassifier.White target) {
    return TestImages.mislabelled(TestImages.labelledBy(target, 8, SEED), target.classes(), 2, 5);
  }

  /**
   * Returns how many calls of the model one step of the attack takes at most.
   *
   * @return 3 by default
   */
  protected int callsPerStep() {
    return 3;
  }

  /**
   * Tells whether the attack wants a given class and not just any wrong one.
   *
   * @return false by default
   */
  protected boolean targeted() {
    return false;
  }

  /**
   * Tells whether what happens to an image depends on that image alone, so that splitting the data
   * changes nothing. Universal attacks say no.
   *
   * @return true by default
   */
  protected boolean perSample() {
    return true;
  }

  /**
   * Tells whether the attack must stand in the catalogue.
   *
   * @return by default true for this library's own packages
   */
  protected boolean catalogued() {
    return attack().getClass().getName().startsWith("org.safety4j.");
  }

  /** Opens model and images. */
  @BeforeEach
  protected final void openContract() {
    model = openModel();
    images = openImages(model);
  }

  /** Closes model and images. */
  @AfterEach
  protected final void closeContract() {
    images.close();
    model.close();
  }

  /**
   * Runs an attack on the rung that it requires.
   *
   * @param attack the attack
   * @param target the model
   * @param input the images
   * @param run the run
   * @return the result, to be closed by the caller
   */
  protected static EvasionResult run(
      EvasionAttack<?> attack, ImageClassifier.White target, LabeledImages input, Run run) {
    return runOn(attack, target, input, run);
  }

  private static <M extends ImageClassifier.Black> EvasionResult runOn(
      EvasionAttack<M> attack, ImageClassifier.White target, LabeledImages input, Run run) {
    return attack.run(attack.requires().cast(target), input, run);
  }

  private EvasionResult run() {
    return run(attack(), model, images, Run.seed(SEED));
  }

  private static float[] pixels(EvasionResult result) {
    return result.adversarials().toFloatArray();
  }

  private int pixelsPerImage() {
    return Math.toIntExact(Tensors.elementShape(images.images()).size());
  }

  @Test
  final void foolsTheModelSomewhere() {
    try (EvasionResult result = run()) {
      assertThat(result.samples()).hasSize(images.size());
      assertThat(result.successRate().successes())
          .as("an attack that never lands makes every other check empty; %s", result)
          .isPositive();
    }
  }

  @Test
  final void staysWithinBallAndBox() {
    try (EvasionResult result = run();
        Scope scope = Scope.open()) {
      NDArray adversarials = result.adversarials();
      assertThat(adversarials.getShape()).isEqualTo(images.images().getShape());
      for (float v : pixels(result)) {
        assertThat(v).isBetween(0f, 1f);
      }
      ball()
          .ifPresent(
              ball -> {
                NDArray delta = adversarials.sub(images.images());
                for (float d : ball.norm().of(delta).toFloatArray()) {
                  assertThat((double) d).isLessThanOrEqualTo(ball.epsilon() * (1 + 1e-5) + 1e-6);
                }
              });
    }
  }

  @Test
  final void reportsTheDistancesThatAreThere() {
    try (EvasionResult result = run();
        Scope scope = Scope.open()) {
      float[] measured =
          result.norm().of(result.adversarials().sub(images.images())).toFloatArray();
      for (int i = 0; i < measured.length; i++) {
        assertThat(result.sample(i).distance()).isCloseTo(measured[i], offset(1e-4));
      }
    }
  }

  @Test
  final void successMeansThatTheModelErrsWhenAskedAgain() {
    try (EvasionResult result = run()) {
      int[] before = model.labels(images.images());
      int[] after = model.labels(result.adversarials());
      int[] labels = images.labels();
      for (int i = 0; i < after.length; i++) {
        EvasionResult.Sample sample = result.sample(i);
        assertThat(sample.label()).isEqualTo(labels[i]);
        assertThat(sample.before()).isEqualTo(before[i]);
        assertThat(sample.after()).isEqualTo(after[i]);
        if (sample.success()) {
          assertThat(sample.wasCorrect()).isTrue();
          assertThat(after[i]).isNotIn(labels[i], ImageClassifier.Black.REJECTED);
        } else if (sample.wasCorrect() && !targeted()) {
          assertThat(after[i]).isEqualTo(labels[i]);
        }
      }
    }
  }

  @Test
  final void leavesImagesAloneThatAreWrongAlready() {
    try (EvasionResult result = run()) {
      float[] clean = images.images().toFloatArray();
      float[] adversarial = pixels(result);
      int d = pixelsPerImage();
      int wrong = 0;
      for (int i = 0; i < images.size(); i++) {
        if (!result.sample(i).wasCorrect()) {
          wrong++;
          assertThat(result.sample(i).success()).isFalse();
          assertThat(Arrays.copyOfRange(adversarial, i * d, (i + 1) * d))
              .containsExactly(Arrays.copyOfRange(clean, i * d, (i + 1) * d));
        }
      }
      assertThat(wrong).as("images with a wrong label").isPositive();
    }
  }

  @Test
  final void changesNothingWithoutRoom() {
    Optional<EvasionAttack<?>> attack = withoutRoom();
    assumeTrue(attack.isPresent(), "the attack has no setting without room");
    try (EvasionResult result = run(attack.get(), model, images, Run.seed(SEED))) {
      assertThat(pixels(result)).containsExactly(images.images().toFloatArray());
      assertThat(result.successRate().successes()).isZero();
    }
  }

  @Test
  final void leavesItsInputUntouched() {
    float[] before = images.images().toFloatArray();
    run().close();
    assertThat(images.images().toFloatArray()).containsExactly(before);
  }

  @Test
  final void givesTheSameForTheSameSeed() {
    try (EvasionResult first = run();
        EvasionResult second = run()) {
      assertSame(second, first, 0);
    }
  }

  @Test
  final void givesTheSameOnFourThreads() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    List<EvasionResult> results = new ArrayList<>();
    try (EvasionResult alone = run()) {
      List<Callable<EvasionResult>> tasks = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        tasks.add(this::run);
      }
      for (Future<EvasionResult> future : pool.invokeAll(tasks)) {
        results.add(future.get());
      }
      for (EvasionResult result : results) {
        assertSame(result, alone, 0);
      }
    } finally {
      results.forEach(EvasionResult::close);
      pool.shutdown();
    }
  }

  private void assertSame(EvasionResult actual, EvasionResult expected, int from) {
    int d = pixelsPerImage();
    float[] all = pixels(expected);
    float[] part = pixels(actual);
    assertThat(part)
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(Arrays.copyOfRange(all, from * d, from * d + part.length));
    for (int i = 0; i < actual.samples().size(); i++) {
      EvasionResult.Sample a = actual.sample(i);
      EvasionResult.Sample b = expected.sample(from + i);
      assertThat(a.success()).isEqualTo(b.success());
      assertThat(a.after()).isEqualTo(b.after());
      assertThat(a.queries()).isEqualTo(b.queries());
      assertThat(a.steps()).isEqualTo(b.steps());
    }
  }

  @Test
  final void givesTheSameHoweverTheDataIsSplit() {
    assumeTrue(perSample(), "the attack looks at all images together");
    try (EvasionResult whole = run()) {
      int from = 0;
      for (int size : new int[] {3, 1, images.size() - 4}) {
        int[] index = new int[size];
        for (int i = 0; i < size; i++) {
          index[i] = from + i;
        }
        try (LabeledImages part = images.subset(index);
            EvasionResult result = run(attack(), model, part, Run.seed(SEED))) {
          // Randomness must come from LabeledImages.ids(), not from a sample's place in the batch.
          assertSame(result, whole, from);
        }
        from += size;
      }
    }
  }

  @Test
  final void needsNoMoreThanTheRungThatItRequires() {
    try (EvasionResult free = run();
        EvasionResult restricted = runRestricted(attack(), Budget.unlimited(), null)) {
      assertSame(restricted, free, 0);
    }
  }

  @Test
  final void reportsTheQueriesThatAreCounted() {
    AtomicInteger counted = new AtomicInteger();
    try (EvasionResult result = runRestricted(attack(), Budget.unlimited(), counted)) {
      assertThat(Arrays.stream(result.queries()).sum()).isEqualTo(counted.get());
    }
  }

  private <M extends ImageClassifier.Black> EvasionResult runRestricted(
      EvasionAttack<M> attack, Budget budget, AtomicInteger queries) {
    M seen = Access.restrict(attack.requires().cast(model), attack.requires(), budget);
    EvasionResult result = attack.run(seen, images, Run.seed(SEED));
    if (queries != null) {
      queries.set(Math.toIntExact(Access.usage(seen).queries()));
    }
    return result;
  }

  @Test
  final void keepsTheBudgetOfQueriesForEachSample() {
    long most;
    try (EvasionResult free = run()) {
      most = Arrays.stream(free.queries()).max().orElseThrow();
    }
    long limit = Math.max(2, most / 2);
    try (EvasionResult result = runRestricted(attack(), Budget.queries(limit), null)) {
      for (long q : result.queries()) {
        assertThat(q).isLessThanOrEqualTo(limit);
      }
    }
    Run limited = Run.seed(SEED).withBudget(Budget.queries(limit));
    try (EvasionResult result = run(attack(), model, images, limited)) {
      for (long q : result.queries()) {
        assertThat(q).isLessThanOrEqualTo(limit);
      }
    }
  }

  @Test
  final void endsOrderlyWhenTheTotalOfQueriesIsUsedUp() {
    Budget budget = Budget.unlimited().withTotalQueries(2L * images.size() + 1);
    try (EvasionResult result = runRestricted(attack(), budget, null)) {
      assertThat(Arrays.stream(result.queries()).sum()).isLessThanOrEqualTo(budget.totalQueries());
    } catch (BudgetExceeded e) {
      assertThat(e).hasMessageContaining("queries");
    }
  }

  @Test
  final void returnsWhatItHasWhenTheTimeIsUsedUp() {
    Run brief = Run.seed(SEED).withBudget(Budget.seconds(1e-9));
    try (EvasionResult result = run(attack(), model, images, brief)) {
      assertThat(result.samples()).hasSize(images.size());
      for (EvasionResult.Sample sample : result.samples()) {
        if (sample.success()) {
          assertThat(sample.after()).isNotEqualTo(sample.label());
        }
      }
    }
  }

  @Test
  final void doesNotStartWhenCancelledBefore() {
    CancelToken token = new CancelToken();
    token.cancel();
    assertThatThrownBy(() -> run(attack(), model, images, Run.seed(SEED).withCancel(token)).close())
        .isInstanceOf(RunCancelled.class);
  }

  @Test
  final void cancelsWithinOneStep() {
    AtomicInteger calls = new AtomicInteger();
    runObserved(attack(), Run.seed(SEED), calls::incrementAndGet).close();
    int total = calls.get();
    int cancelAt = Math.max(1, total / 2);
    assumeTrue(total - cancelAt > callsPerStep(), "the attack is over within a step");

    calls.set(0);
    CancelToken token = new CancelToken();
    Runnable observer =
        () -> {
          if (calls.incrementAndGet() == cancelAt) {
            token.cancel();
          }
        };
    assertThatThrownBy(
            () -> runObserved(attack(), Run.seed(SEED).withCancel(token), observer).close())
        .isInstanceOf(RunCancelled.class);
    assertThat(calls.get() - cancelAt).isLessThan(callsPerStep());
  }

  private <M extends ImageClassifier.Black> EvasionResult runObserved(
      EvasionAttack<M> attack, Run run, Runnable observer) {
    M seen =
        Observed.model(attack.requires().cast(model), attack.requires(), batch -> observer.run());
    return attack.run(seen, images, run);
  }

  @Test
  final void keepsMemoryFlat() {
    run().close();
    int before = Tensors.liveArrays();
    List<Integer> live = new ArrayList<>();
    EvasionResult result =
        runObserved(attack(), Run.seed(SEED), () -> live.add(Tensors.liveArrays()));
    result.close();
    assertThat(Tensors.liveArrays()).as("arrays left behind").isEqualTo(before);
    if (live.size() >= 12) {
      int early = max(live.subList(live.size() / 4, live.size() / 2));
      int late = max(live.subList(3 * live.size() / 4, live.size()));
      assertThat(late)
          .as("live arrays at each call: %s", live)
          .isLessThanOrEqualTo(early + 3 + live.size() / 10);
    }
  }

  private static int max(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).max().orElseThrow();
  }

  @Test
  final void freesEverythingWhenCancelled() {
    run().close();
    int before = Tensors.liveArrays();
    CancelToken token = new CancelToken();
    try {
      runObserved(attack(), Run.seed(SEED).withCancel(token), token::cancel).close();
    } catch (RunCancelled e) {
      assertThat(e).hasMessageContaining("cancelled");
    }
    assertThat(Tensors.liveArrays()).isEqualTo(before);
  }

  @Test
  final void saysWhereTheResultComesFrom() {
    try (EvasionResult result = run()) {
      assertThat(result.provenance().method()).isEqualTo(attack().info().id());
      assertThat(result.provenance().seed()).isEqualTo(SEED);
      assertThat(result.provenance().model()).isEqualTo(model.card().name());
      assertThat(result.provenance().data()).contains(images.checksum());
      assertThat(result.provenance().environment()).containsKey("java");
      assertThat(result.seconds()).isPositive();
    }
  }

  @Test
  final void describesItself() {
    MethodInfo info = attack().info();
    assertThat(info.citation().title()).isNotBlank();
    assertThat(info.access()).isEqualTo(Access.of(attack().requires()));
    if (catalogued()) {
      assertThat(Catalog.method(info.id())).isEqualTo(info);
      MethodProvider.Entry entry =
          Catalog.entries().stream()
              .filter(e -> e.info().id().equals(info.id()))
              .findFirst()
              .orElseThrow();
      assertThat(entry.create().get().info()).isEqualTo(info);
      assertThat(entry.className()).isEqualTo(entry.create().get().getClass().getName());
    }
  }
}
