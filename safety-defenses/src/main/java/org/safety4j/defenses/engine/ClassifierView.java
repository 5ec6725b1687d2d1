package org.safety4j.defenses.engine;

import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.ModelCard;

/**
 * What every wrapper of a classifier does the same way: it names itself after the shield and what
 * it wraps, answers for the same classes, and leaves the wrapped model open when closed.
 *
 * @param <M> the rung of the wrapped model
 */
public abstract class ClassifierView<M extends ImageClassifier.Black>
    implements ImageClassifier.Black {
  private final M model;
  private final String shield;

  /**
   * Wraps a model.
   *
   * @param model the model; stays the caller's
   * @param shield the shield's id, for the name
   */
  protected ClassifierView(M model, String shield) {
    this.model = model;
    this.shield = shield;
  }

  /**
   * Returns what is wrapped.
   *
   * @return the model
   */
  protected final M model() {
    return model;
  }

  @Override
  public int classes() {
    return model.classes();
  }

  @Override
  public ModelCard card() {
    return model.card().withName(shield + "(" + model.card().name() + ")");
  }

  /** Does nothing: the wrapped model stays the caller's. */
  @Override
  public void close() {}
}
