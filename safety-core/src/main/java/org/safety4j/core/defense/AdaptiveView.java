package org.safety4j.core.defense;

import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/**
 * A defense that can show itself to an attacker who knows it: model and defense together as one
 * classifier with gradients, even where the defended model offers none. Adaptive attacks search on
 * this view; whether they succeed is then asked of the defended model itself.
 */
public interface AdaptiveView {
  /**
   * Shows model and defense as one differentiable classifier.
   *
   * @param model the undefended model; stays the caller's and must stay open while the view is used
   * @param run the run that the defense was applied with: seed, and data where it needs some
   * @return the view; closing it leaves the model open
   */
  ImageClassifier.White adaptiveView(ImageClassifier.White model, Run run);
}
