package org.safety4j.attacks.engine.perturb;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.DegenerateGradient;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.run.Run;

/**
 * An iterated first-order search: what an attack is made of, put together in a line.
 *
 * <pre>{@code
 * Perturb.maximise(CrossEntropy.untargeted())
 *     .within(Ball.linf(epsilon))
 *     .stepping(SignStep.of(epsilon / 4))
 *     .times(20)
 *     .by(info(), this)
 *     .run(model, input, run);
 * }</pre>
 *
 * <p>A step costs one forward and one backward pass of the model: success is read from the pass
 * that the gradient needs anyway, step and projection are one call, and samples that have fallen
 * leave the batch. Immutable.
 */
public final class Perturb {
  private static final MethodInfo ANONYMOUS =
      MethodInfo.attack("perturb", ImageClassifier.White.class).cites("Unnamed", 2026).build();

  private final Objective objective;
  private final Ball ball;
  private final NDArray mask;
  private final StepRule rule;
  private final int steps;
  private final Start start;
  private final int restarts;
  private final List<GradientTransform> transforms;
  private final Target target;
  private final Finish finish;
  private final boolean strict;
  private final MethodInfo info;
  private final Object config;

  private Perturb(Draft d) {
    this.objective = d.objective;
    this.ball = d.ball;
    this.mask = d.mask;
    this.rule = d.rule;
    this.steps = d.steps;
    this.start = d.start;
    this.restarts = d.restarts;
    this.transforms = d.transforms;
    this.target = d.target;
    this.finish = d.finish;
    this.strict = d.strict;
    this.info = d.info;
    this.config = d.config;
  }

  /** The same fields while one of them changes. */
  private static final class Draft {
    private Objective objective;
    private Ball ball = new Ball(Norm.LINF, 1);
    private NDArray mask;
    private StepRule rule;
    private int steps = 1;
    private Start start = Start.ORIGINAL;
    private int restarts = 1;
    private List<GradientTransform> transforms = List.of();
    private Target target = Target.any();
    private Finish finish = Finish.FIRST_SUCCESS;
    private boolean strict;
    private MethodInfo info = ANONYMOUS;
    private Object config = "";
  }

  private Draft draft() {
    Draft d = new Draft();
    d.objective = objective;
    d.ball = ball;
    d.mask = mask;
    d.rule = rule;
    d.steps = steps;
    d.start = start;
    d.restarts = restarts;
    d.transforms = transforms;
    d.target = target;
    d.finish = finish;
    d.strict = strict;
    d.info = info;
    d.config = config;
    return d;
  }

  /**
   * Raises a loss.
   *
   * @param loss the loss, for which the labels are the true classes, or the classes wanted if a
   *     target is set
   * @return a search of one step without a rule yet
   */
  public static Perturb maximise(LogitLoss loss) {
    return of(new Objective(loss, true));
  }

  /**
   * Lowers a loss.
   *
   * @param loss the loss, for which the labels are the true classes, or the classes wanted if a
   *     target is set
   * @return a search of one step without a rule yet
   */
  public static Perturb minimise(LogitLoss loss) {
    return of(new Objective(loss, false));
  }

  private static Perturb of(Objective objective) {
    Draft d = new Draft();
    d.objective = objective;
    return new Perturb(d);
  }

  /**
   * Sets the constraint; the whole box by default.
   *
   * @param value the ball around the original
   * @return a copy
   */
  public Perturb within(Ball value) {
    Draft d = draft();
    d.ball = value;
    return new Perturb(d);
  }

  /**
   * Allows changes only where a mask is not zero; everywhere by default.
   *
   * @param value {@code [1 or N, 1 or C, H, W]}; stays the caller's and open while the search runs
   * @return a copy
   */
  public Perturb onlyWhere(NDArray value) {
    Draft d = draft();
    d.mask = value;
    return new Perturb(d);
  }

  /**
   * Sets the step rule, which must be set.
   *
   * @param value the rule
   * @return a copy
   */
  public Perturb stepping(StepRule value) {
    Draft d = draft();
    d.rule = value;
    return new Perturb(d);
  }

  /**
   * Sets the number of steps; 1 by default.
   *
   * @param value at least 0
   * @return a copy
   */
  public Perturb times(int value) {
    Draft d = draft();
    d.steps = Require.atLeast("steps", value, 0);
    return new Perturb(d);
  }

  /**
   * Sets where the search begins; at the original by default.
   *
   * @param value the start
   * @return a copy
   */
  public Perturb from(Start value) {
    Draft d = draft();
    d.start = value;
    return new Perturb(d);
  }

  /**
   * Sets how often the search is begun on samples that still stand; once by default. With {@link
   * Finish#HIGHEST_LOSS} the best image over all of them is kept.
   *
   * @param value at least 1
   * @return a copy
   */
  public Perturb restarting(int value) {
    Draft d = draft();
    d.restarts = Require.atLeast("restarts", value, 1);
    return new Perturb(d);
  }

  /**
   * Sets how gradients are shaped; not at all by default.
   *
   * @param value transforms, each of which wraps those before it
   * @return a copy
   */
  public Perturb shaping(GradientTransform... value) {
    Draft d = draft();
    d.transforms = List.of(value);
    return new Perturb(d);
  }

  /**
   * Sets which class is wanted; any wrong one by default. The loss must then be one for targets.
   *
   * @param value the target
   * @return a copy
   */
  public Perturb towards(Target value) {
    Draft d = draft();
    d.target = value;
    return new Perturb(d);
  }

  /**
   * Sets when a sample's search ends; at the first success by default.
   *
   * @param value the end
   * @return a copy
   */
  public Perturb finishing(Finish value) {
    Draft d = draft();
    d.finish = value;
    return new Perturb(d);
  }

  /**
   * Makes masked gradients an error and not a warning.
   *
   * @return a copy
   */
  public Perturb strictly() {
    Draft d = draft();
    d.strict = true;
    return new Perturb(d);
  }

  /**
   * Names the method, for the result's record.
   *
   * @param method what the method says of itself
   * @param configuration its configuration
   * @return a copy
   */
  public Perturb by(MethodInfo method, Object configuration) {
    Draft d = draft();
    d.info = method;
    d.config = configuration;
    return new Perturb(d);
  }

  /**
   * Runs the search.
   *
   * @param model the model; stays the caller's
   * @param input the originals; stay the caller's
   * @param run seed, budget, cancellation
   * @return the result, to be closed by the caller; what makes it doubtful stands in its warnings
   * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
   * @throws DegenerateGradient if {@link #strictly()} was asked and gradients were masked
   */
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    Require.that(rule != null, "a search needs a step rule; call stepping(...)");
    try (Attempt attempt = Attempt.begin(info, config, ball.norm(), model, input, target, run)) {
      GradientSource source = new ModelGradient(attempt, objective);
      for (GradientTransform transform : transforms) {
        source = transform.wrap(source);
      }
      Search search = new Search(attempt, source, ball, mask, rule, steps, start, restarts, finish);
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          search.attack(part);
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      if (strict && attempt.health().masked() > 0) {
        throw new DegenerateGradient(attempt.health().maskedMessage());
      }
      return attempt.result();
    }
  }
}
