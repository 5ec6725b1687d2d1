package org.safety4j.core.error;

/**
 * A model file (weights, config, tokenizer, template) is damaged, hostile or not of the expected
 * form.
 */
public class InvalidModelFile extends SafetyException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what was wrong, where, and the remedy
   */
  public InvalidModelFile(String message) {
    super(message);
  }

  /**
   * Makes an exception with its cause.
   *
   * @param message what was wrong, where, and the remedy
   * @param cause what was caught
   */
  public InvalidModelFile(String message, Throwable cause) {
    super(message, cause);
  }
}
