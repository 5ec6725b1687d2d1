package org.safety4j.bench.stats;

import org.safety4j.core.error.Require;

/**
 * A method in one configuration, as a cell names it.
 *
 * @param id the catalogue's id
 * @param name the method's name in the field
 * @param config its configuration as canonical JSON
 * @param access the access that it needs, such as {@code WHITE_BOX}
 * @param norm the norm that bounds it; null for methods without a ball
 * @param epsilon the ball's radius; null for methods without a ball
 * @param source authors, title, venue and year of its publication
 */
public record MethodRef(
    String id,
    String name,
    String config,
    String access,
    String norm,
    Double epsilon,
    String source) {
  /** The id of the pseudo-defense that leaves a model as it is. */
  public static final String NONE = "none";

  /**
   * Checks that ball and identity are whole.
   *
   * @param id the catalogue's id
   * @param name the method's name in the field
   * @param config its configuration as canonical JSON
   * @param access the access that it needs
   * @param norm the norm that bounds it; null for methods without a ball
   * @param epsilon the ball's radius; null for methods without a ball
   * @param source its publication
   * @throws IllegalArgumentException if only one of norm and epsilon is given
   */
  public MethodRef {
    Require.that(
        (norm == null) == (epsilon == null),
        "norm and epsilon must be given together, were " + norm + " and " + epsilon);
  }

  /**
   * Tells whether this is the pseudo-defense that leaves a model as it is.
   *
   * @return whether the id is {@link #NONE}
   */
  public boolean isNone() {
    return NONE.equals(id);
  }

  /**
   * Tells whether another reference names the same method in the same configuration.
   *
   * @param other the other reference
   * @return whether id and configuration are equal
   */
  public boolean sameAs(MethodRef other) {
    return id.equals(other.id) && config.equals(other.config);
  }
}
