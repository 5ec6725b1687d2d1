package org.safety4j.core.run;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.tensor.Rng;

/**
 * The circumstances of one run: seed, budget, cancellation, listener and data at hand. Immutable;
 * its clock starts when it is made.
 *
 * <pre>{@code
 * Run run = Run.seed(0).withBudget(Budget.seconds(60)).withListener((stage, step, of, value) -> bar.stepTo(step));
 * }</pre>
 */
public final class Run {
  private final long seed;
  private final Budget budget;
  private final CancelToken cancel;
  private final RunListener listener;
  private final List<Object> data;
  private final long startNanos;
  private final Instant started;

  private Run(
      long seed,
      Budget budget,
      CancelToken cancel,
      RunListener listener,
      List<Object> data,
      long startNanos,
      Instant started) {
    this.seed = seed;
    this.budget = budget;
    this.cancel = cancel;
    this.listener = listener;
    this.data = data;
    this.startNanos = startNanos;
    this.started = started;
  }

  /**
   * Starts a run without limits.
   *
   * @param seed the root of all randomness
   * @return the run
   */
  public static Run seed(long seed) {
    return new Run(
        seed,
        Budget.unlimited(),
        new CancelToken(),
        RunListener.SILENT,
        List.of(),
        System.nanoTime(),
        Instant.now());
  }

  /**
   * Sets the budget. Its time counts from now; queries are limited by the model that {@code
   * Access.restrict} makes.
   *
   * @param value the budget
   * @return a copy
   */
  public Run withBudget(Budget value) {
    return new Run(seed, value, cancel, listener, data, System.nanoTime(), started);
  }

  /**
   * Sets the token that cancels the run.
   *
   * @param value the token
   * @return a copy
   */
  public Run withCancel(CancelToken value) {
    return new Run(seed, budget, value, listener, data, startNanos, started);
  }

  /**
   * Sets who hears of progress.
   *
   * @param value the listener
   * @return a copy
   */
  public Run withListener(RunListener value) {
    return new Run(seed, budget, cancel, value, data, startNanos, started);
  }

  /**
   * Adds data that a defense may train or calibrate with. The caller keeps ownership.
   *
   * @param value a data set
   * @return a copy
   */
  public Run withData(Object value) {
    java.util.ArrayList<Object> more = new java.util.ArrayList<>(data);
    more.add(value);
    return new Run(seed, budget, cancel, listener, List.copyOf(more), startNanos, started);
  }

  /**
   * Makes the run of a part, with randomness of its own and everything else shared.
   *
   * @param purpose the part's name, unique within this run
   * @return the part's run
   */
  public Run part(String purpose) {
    return new Run(
        rng().derive(purpose).seed(), budget, cancel, listener, data, startNanos, started);
  }

  /**
   * Returns the root seed.
   *
   * @return the seed
   */
  public long seed() {
    return seed;
  }

  /**
   * Returns the root of this run's randomness; derive a child for every purpose.
   *
   * @return the root generator
   */
  public Rng rng() {
    return Rng.of(seed);
  }

  /**
   * Returns the budget.
   *
   * @return the budget
   */
  public Budget budget() {
    return budget;
  }

  /**
   * Returns the token that cancels this run.
   *
   * @return the token
   */
  public CancelToken cancelToken() {
    return cancel;
  }

  /**
   * Returns the listener.
   *
   * @return the listener, never null
   */
  public RunListener listener() {
    return listener;
  }

  /**
   * Finds data of a type.
   *
   * @param <D> the type
   * @param type the type's class
   * @return the data of that type that was added last
   */
  public <D> Optional<D> data(Class<D> type) {
    for (int i = data.size() - 1; i >= 0; i--) {
      if (type.isInstance(data.get(i))) {
        return Optional.of(type.cast(data.get(i)));
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the seconds since the run began.
   *
   * @return elapsed wall time
   */
  public double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  /**
   * Returns when the run began.
   *
   * @return the start
   */
  public Instant started() {
    return started;
  }

  /**
   * Asked by attacks at every step: whether to go on. An attack whose time is used up returns what
   * it has.
   *
   * @return false once the budget's time is used up
   * @throws RunCancelled if the run was cancelled
   */
  public boolean proceed() {
    if (cancel.isCancelled()) {
      throw new RunCancelled("the run was cancelled after " + seconds() + " s");
    }
    return System.nanoTime() - startNanos <= budget.time().toNanos();
  }

  /**
   * Asked at every step by what has no partial result, such as training.
   *
   * @throws RunCancelled if the run was cancelled
   * @throws BudgetExceeded if its time is used up
   */
  public void check() {
    if (!proceed()) {
      throw new BudgetExceeded(
          "the run's time of "
              + budget.time().toMillis() / 1000.0
              + " s is used up; give a larger Budget");
    }
  }
}
