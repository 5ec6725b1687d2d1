package org.safety4j.core.nn.bert;

/**
 * How the states of a text become one vector.
 *
 * @param mode which states
 * @param normalised whether the vector is divided by its length
 */
public record Pooling(Mode mode, boolean normalised) {
  /** Which states. */
  public enum Mode {
    /** The mean of all tokens' last states, padding left out. */
    MEAN("mean_pooled"),
    /** The first token's last state. */
    FIRST("first_pooled");

    private final String method;

    Mode(String method) {
      this.method = method;
    }

    String method() {
      return method;
    }
  }

  /**
   * The mean, divided by its length, as sentence encoders mostly have it.
   *
   * @return the pooling
   */
  public static Pooling unitMean() {
    return new Pooling(Mode.MEAN, true);
  }

  /**
   * The mean as it is.
   *
   * @return the pooling
   */
  public static Pooling mean() {
    return new Pooling(Mode.MEAN, false);
  }
}
