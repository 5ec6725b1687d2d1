package org.safety4j.core.error;

/** A method asked more of a model than the rung it was given allows. */
public class AccessDenied extends SafetyException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public AccessDenied(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public AccessDenied(String message, Throwable cause) {
    super(message, cause);
  }
}
