package org.safety4j.core.error;

/**
 * Root of every exception that the library raises on purpose, wrong arguments excepted (those are
 * {@link IllegalArgumentException}). The message says what was wrong, where, and what to do about
 * it.
 */
public class SafetyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public SafetyException(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public SafetyException(String message, Throwable cause) {
    super(message, cause);
  }
}
