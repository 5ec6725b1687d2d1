package org.safety4j.core.error;

/** A remote endpoint timed out, refused or answered nonsense. */
public class EndpointFailure extends SafetyException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public EndpointFailure(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public EndpointFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
