package org.safety4j.core.error;

/** A gradient was NaN or zero everywhere, so the attack's outcome says nothing about robustness. */
public class DegenerateGradient extends SafetyException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public DegenerateGradient(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public DegenerateGradient(String message, Throwable cause) {
    super(message, cause);
  }
}
