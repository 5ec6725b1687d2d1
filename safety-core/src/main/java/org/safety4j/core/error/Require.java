package org.safety4j.core.error;

import java.util.Collection;

/**
 * Argument checks whose message names the field, the allowed range, the value and, where it helps,
 * the remedy.
 */
public final class Require {
  private Require() {}

  /**
   * Checks a condition on arguments.
   *
   * @param condition what must hold
   * @param message the whole message
   * @throws IllegalArgumentException if the condition is false
   */
  public static void that(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /**
   * Checks that a number is at least a bound.
   *
   * @param field the field's name
   * @param value its value
   * @param min the smallest value allowed
   * @return the value
   * @throws IllegalArgumentException if the value is smaller
   */
  public static int atLeast(String field, int value, int min) {
    if (value < min) {
      throw new IllegalArgumentException(field + " must be at least " + min + ", was " + value);
    }
    return value;
  }

  /**
   * Checks that a number is finite and greater than zero.
   *
   * @param field the field's name
   * @param value its value
   * @return the value
   * @throws IllegalArgumentException if it is not
   */
  public static double positive(String field, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          field + " must be finite and greater than 0, was " + value);
    }
    return value;
  }

  /**
   * Checks that a number lies in a closed range.
   *
   * @param field the field's name
   * @param value its value
   * @param min the smallest value allowed
   * @param max the largest value allowed
   * @return the value
   * @throws IllegalArgumentException if it does not, or is NaN
   */
  public static double inRange(String field, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      throw new IllegalArgumentException(
          field + " must be in [" + min + ", " + max + "], was " + value);
    }
    return value;
  }

  /**
   * Checks that a collection has elements.
   *
   * @param field the field's name
   * @param value the collection
   * @throws IllegalArgumentException if it is empty
   */
  public static void notEmpty(String field, Collection<?> value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException(field + " must not be empty");
    }
  }
}
