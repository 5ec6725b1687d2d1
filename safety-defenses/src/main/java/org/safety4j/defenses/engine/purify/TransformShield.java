package org.safety4j.defenses.engine.purify;

import org.safety4j.core.defense.ImageShield;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Rng;
import org.safety4j.defenses.engine.Rungs;

/** A shield that transforms images and offers a gradient through the transformation's stand-in. */
public interface TransformShield extends ImageShield.Differentiable {
  /**
   * Makes the transformation.
   *
   * @param rng randomness of this shield alone; the transformation is a function of it and the
   *     image
   * @return the transformation
   */
  ImageTransform transform(Rng rng);

  @Override
  default <M extends ImageClassifier.Black> Protected<M> apply(M model, Class<M> rung, Run run) {
    Transforming transforming =
        new Transforming(transform(run.rng().derive(info().id())), info().id());
    return Rungs.view(
        this, model, rung, transforming::black, transforming::gray, transforming::white);
  }
}
