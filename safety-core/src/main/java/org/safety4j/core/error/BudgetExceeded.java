package org.safety4j.core.error;

/** A budget of queries, tokens or seconds is used up. */
public class BudgetExceeded extends SafetyException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public BudgetExceeded(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public BudgetExceeded(String message, Throwable cause) {
    super(message, cause);
  }
}
