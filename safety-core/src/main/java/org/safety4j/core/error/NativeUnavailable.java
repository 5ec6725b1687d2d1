package org.safety4j.core.error;

/** A native library is missing; the message names the artifact to add. */
public class NativeUnavailable extends SafetyException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public NativeUnavailable(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public NativeUnavailable(String message, Throwable cause) {
    super(message, cause);
  }
}
