package org.safety4j.core.error;

/**
 * A data file (pictures, tables, journals) is damaged or not of the expected form; the message
 * names file and offset.
 */
public class InvalidDataFile extends SafetyException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public InvalidDataFile(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public InvalidDataFile(String message, Throwable cause) {
    super(message, cause);
  }
}
