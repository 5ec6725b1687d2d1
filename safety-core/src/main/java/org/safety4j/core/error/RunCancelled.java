package org.safety4j.core.error;

/** The run was cancelled by its caller. */
public class RunCancelled extends SafetyException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public RunCancelled(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public RunCancelled(String message, Throwable cause) {
    super(message, cause);
  }
}
