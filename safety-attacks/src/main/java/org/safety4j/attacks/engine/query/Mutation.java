package org.safety4j.attacks.engine.query;

/**
 * Proposes changes to one image, in plain Java. Random search asks for a proposal, lets the model
 * score it, and tells whether it was kept.
 */
public interface Mutation {
  /** Makes the mutation of one image; called once a sample. */
  @FunctionalInterface
  interface Factory {
    /**
     * Makes it.
     *
     * @param canvas the image
     * @return its mutation
     */
    Mutation of(Canvas canvas);
  }

  /**
   * Proposes where to start; the start is taken whatever it scores. Nothing by default: the search
   * starts from the original.
   *
   * @param into takes the changes to the original
   */
  default void start(Edits into) {}

  /**
   * Proposes the next change. A proposal that changes nothing costs no query and is drawn again.
   *
   * @param step how many proposals the model has scored for this image, from 0
   * @param into takes the changes to the best image so far
   * @return false if there is nothing left to try
   */
  boolean propose(int step, Edits into);

  /**
   * Hears what became of the last proposal that was scored.
   *
   * @param kept whether it was better
   */
  default void judged(boolean kept) {}
}
