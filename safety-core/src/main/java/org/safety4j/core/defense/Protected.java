package org.safety4j.core.defense;

import java.util.List;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.model.Model;

/**
 * A protected artifact, with what protects it and what must be run before anyone believes it.
 *
 * @param <B> the artifact's type
 */
public final class Protected<B extends Artifact> implements AutoCloseable {
  private final B model;
  private final Artifact original;
  private final Defense<?, ?> by;
  private final boolean owned;

  private Protected(B model, Artifact original, Defense<?, ?> by, boolean owned) {
    this.model = model;
    this.original = original;
    this.by = by;
    this.owned = owned;
  }

  /**
   * Reports a new artifact that a defense made.
   *
   * @param <B> its type
   * @param by the defense
   * @param original what it was made from
   * @param made the new artifact, closed with the result
   * @return the result
   */
  public static <B extends Artifact> Protected<B> made(
      Defense<?, ?> by, Artifact original, B made) {
    return new Protected<>(made, original, by, true);
  }

  /**
   * Reports a view of a model that a shield made. Closing the result leaves the original open.
   *
   * @param <B> the rung
   * @param by the shield
   * @param original what is wrapped
   * @param view the wrapper
   * @param rung the rung that the shield was asked for
   * @return the result
   * @throws IllegalArgumentException if the view offers more access than the rung: an opaque shield
   *     must not hand on the gradients of what it wraps
   */
  public static <B extends Model> Protected<B> view(
      Defense<?, ?> by, Artifact original, B view, Class<B> rung) {
    if (Access.of(view.getClass()).compareTo(Access.of(rung)) > 0) {
      throw new IllegalArgumentException(
          by.info().id()
              + " offers "
              + Access.of(view.getClass())
              + " where "
              + rung.getName()
              + " was asked; a shield must offer exactly the rung that it was asked for");
    }
    return new Protected<>(view, original, by, false);
  }

  /**
   * Returns the protected artifact.
   *
   * @return use it like any other
   */
  public B model() {
    return model;
  }

  /**
   * Returns what the defense was applied to.
   *
   * @return the original
   */
  public Artifact original() {
    return original;
  }

  /**
   * Returns the defense.
   *
   * @return what protects
   */
  public Defense<?, ?> by() {
    return by;
  }

  /**
   * Returns the attacks that adapt to the defense.
   *
   * @return ids of methods
   */
  public List<String> adaptiveAttacks() {
    return by.info().adaptiveAttacks();
  }

  /** Closes the artifact if the defense made a new one. */
  @Override
  public void close() {
    if (owned) {
      model.close();
    }
  }
}
