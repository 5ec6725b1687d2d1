package org.safety4j.defenses.engine.detect;

import ai.djl.ndarray.NDArray;
import java.util.Optional;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Detector;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.defense.Shield;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.defenses.engine.ClassifierView;
import org.safety4j.defenses.engine.Rungs;

/**
 * A shield that answers {@link ImageClassifier.Black#REJECTED} for images that a detector flags. It
 * offers labels only: logits say nothing of a rejection, so attacks on scores would count images as
 * successes that never get an answer.
 */
public interface RejectingShield extends Shield<ImageClassifier.Black> {
  /**
   * Returns the lowest access to the wrapped model that the detector works with.
   *
   * @return the level
   */
  Access access();

  /**
   * Makes the calibrated detector of a model.
   *
   * @param model the model, at least at {@link #access()}; stays the caller's
   * @param run seed, cancellation, and benign {@link LabeledImages} as data where the detector is
   *     to be calibrated
   * @return a detector with a threshold
   * @throws IllegalArgumentException if the run has no data and the detector needs some
   */
  Detector<NDArray> detector(ImageClassifier.Black model, Run run);

  /**
   * Returns the run's benign images.
   *
   * @param shield who wants them
   * @param run a run
   * @return the images; stay the caller's
   * @throws IllegalArgumentException if the run has none
   */
  static LabeledImages heldImages(RejectingShield shield, Run run) {
    return run.data(LabeledImages.class)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    shield.info().id()
                        + " has no threshold; set one, or give benign LabeledImages by"
                        + " run.withData(...)"));
  }

  @Override
  default Class<ImageClassifier.Black> requires() {
    return ImageClassifier.Black.class;
  }

  @Override
  default Class<? extends ImageClassifier.Black> keeps(ImageClassifier.Black model) {
    return ImageClassifier.Black.class;
  }

  @Override
  default Protected<ImageClassifier.Black> apply(ImageClassifier.Black model, Run run) {
    return apply(model, ImageClassifier.Black.class, run);
  }

  @Override
  default <M extends ImageClassifier.Black> Protected<M> apply(M model, Class<M> rung, Run run) {
    if (rung != ImageClassifier.Black.class) {
      throw Rungs.cannotKeep(this, model, rung);
    }
    if (Access.of(model.getClass()).compareTo(access()) < 0) {
      throw new IllegalArgumentException(
          info().id()
              + " needs "
              + access()
              + " access to the model that it protects, "
              + model.card().name()
              + " offers "
              + Access.of(model.getClass()));
    }
    Rejecting view = new Rejecting(model, detector(model, run));
    return Protected.view(this, model, rung.cast(view), rung);
  }

  /** A classifier that rejects what a detector flags. */
  final class Rejecting extends ClassifierView<ImageClassifier.Black> {
    private static final double SHARPNESS = 10;
    private static final double SMALLEST_UNIT = 1e-3;

    private final Detector<NDArray> detector;

    private Rejecting(ImageClassifier.Black model, Detector<NDArray> detector) {
      super(model, detector.info().id());
      this.detector = detector;
    }

    @Override
    public int[] labels(NDArray images) {
      int[] labels = model().labels(images);
      boolean[] rejected = detector.detect(images);
      for (int i = 0; i < labels.length; i++) {
        if (rejected[i]) {
          labels[i] = REJECTED;
        }
      }
      return labels;
    }

    /**
     * Shows model and detector as one classifier with gradients, for attackers who know both.
     *
     * @return the view; empty where the model gives no gradients, or the detector's score none
     */
    public Optional<ImageClassifier.White> adaptiveView() {
      if (model() instanceof ImageClassifier.White white
          && detector instanceof ImageDetector known
          && known.score() instanceof DifferentiableScore score) {
        double unit = Math.max(Math.abs(known.threshold()), SMALLEST_UNIT);
        return Optional.of(score.awayFromRejection(white, known.threshold(), SHARPNESS / unit));
      }
      return Optional.empty();
    }

    /**
     * Returns the detector.
     *
     * @return calibrated
     */
    public Detector<NDArray> detector() {
      return detector;
    }
  }
}
