package org.safety4j.core.run;

/** Hears of a run's progress. Called on the running thread; must be quick and must not throw. */
@FunctionalInterface
public interface RunListener {
  /** Hears nothing. */
  RunListener SILENT = (stage, step, of, value) -> {};

  /**
   * Hears that a step is done.
   *
   * @param stage what is being done, such as {@code pgd} or {@code epoch}
   * @param step steps done, from 1
   * @param of steps in all, or 0 where that is not known
   * @param value a figure to show, such as a loss; NaN where there is none
   */
  void step(String stage, long step, long of, double value);
}
