package org.safety4j.core.error;

/** No method has the id that was asked for; the message lists near ids. */
public class NoSuchMethod extends SafetyException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public NoSuchMethod(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public NoSuchMethod(String message, Throwable cause) {
    super(message, cause);
  }
}
