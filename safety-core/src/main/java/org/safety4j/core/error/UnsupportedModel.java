package org.safety4j.core.error;

/**
 * A well-formed model asks for something that the library does not implement; the message names it.
 */
public class UnsupportedModel extends SafetyException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public UnsupportedModel(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public UnsupportedModel(String message, Throwable cause) {
    super(message, cause);
  }
}
