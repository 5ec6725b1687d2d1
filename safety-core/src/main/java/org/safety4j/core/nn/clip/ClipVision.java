package org.safety4j.core.nn.clip;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * CLIP's vision tower. Images are in [0, 1]; normalisation is inside. Every method is part of the
 * graph if one is recorded.
 *
 * <p><b>Source</b>: Radford et al., "Learning Transferable Visual Models From Natural Language
 * Supervision", ICML 2021. <b>Deviations</b>: none.
 *
 * <p>Parameters hang on the manager of the model that the tower is part of. Any number of threads
 * may ask at once.
 */
public final class ClipVision implements AutoCloseable {
  private final ClipVisionConfig config;
  private final Normalization normalization;
  private final TorchProgram program;
  private final NDArray[] counts;

  private ClipVision(
      ClipVisionConfig config,
      Normalization normalization,
      TorchProgram program,
      NDArray[] counts) {
    this.config = config;
    this.normalization = normalization;
    this.program = program;
    this.counts = counts;
  }

  /**
   * Builds a tower.
   *
   * @param config its shape
   * @param normalization what it does to images first
   * @param parameters takes the parameters of the model that the tower is part of
   * @param prefix what their names in a checkpoint begin with, such as {@code vision_model.}
   * @param projected size of the space that texts and images share; 0 for a tower without
   *     projection
   * @return the tower, to be closed by the caller
   * @throws IllegalArgumentException if the channels of config and normalisation differ
   */
  public static ClipVision of(
      ClipVisionConfig config,
      Normalization normalization,
      Parameters parameters,
      String prefix,
      int projected) {
    Require.that(
        normalization.channels() == config.channels(),
        "normalization has "
            + normalization.channels()
            + " channels, the config "
            + config.channels());
    long width = config.tower().width();
    Tower tower = new Tower(parameters, prefix);
    tower.constant("mean", parameters.perChannel(normalization.mean()));
    tower.constant("std", parameters.perChannel(normalization.std()));
    tower.weight("embeddings.class_embedding", width);
    tower.weight(
        "embeddings.patch_embedding.weight",
        width,
        config.channels(),
        config.patchSize(),
        config.patchSize());
    tower.weight("embeddings.position_embedding.weight", config.patches() + 1L, width);
    tower.norm("pre_layrnorm", width);
    tower.blocks(config.tower());
    tower.norm("post_layernorm", width);
    if (projected > 0) {
      tower.outside("projection.weight", "visual_projection.weight", projected, width);
    } else {
      tower.constant("projection.weight", parameters.constant(new float[1], 1, 1));
    }
    NDArray[] counts = new NDArray[config.tower().blocks() + 1];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = parameters.constant(new float[] {i});
    }
    return new ClipVision(
        config,
        normalization,
        tower.compile("vision.torch.py", config.tower(), Map.of("PATCH", config.patchSize())),
        counts);
  }

  /**
   * Reads images.
   *
   * @param images float32 {@code [N, C, S, S]} in [0, 1]
   * @param blocks after how many blocks, in [0, blocks]
   * @return the tokens' states, class token first, {@code [N, 1 + patches, D]}
   * @throws IllegalArgumentException if the shape does not fit, or there are fewer blocks
   */
  public NDArray states(NDArray images, int blocks) {
    checkImages(images);
    Require.inRange("blocks", blocks, 0, config.tower().blocks());
    return program.one("states", images, counts[blocks]);
  }

  /**
   * Reads images.
   *
   * @param images float32 {@code [N, C, S, S]} in [0, 1]
   * @return the class token's state after the last normalisation, {@code [N, D]}
   * @throws IllegalArgumentException if the shape does not fit
   */
  public NDArray pooled(NDArray images) {
    checkImages(images);
    return program.one("pooled", images);
  }

  /**
   * Moves images into the space that they share with texts.
   *
   * @param pooled {@code [N, D]}
   * @return {@code [N, P]}
   */
  public NDArray project(NDArray pooled) {
    return program.one("project", pooled);
  }

  private void checkImages(NDArray images) {
    Shape shape = Tensors.elementShape(Tensors.requireImages(images));
    Require.that(
        shape.equals(inputShape()),
        "the vision tower takes images of shape " + inputShape() + ", these have " + shape);
  }

  /**
   * Returns the shape of one image.
   *
   * @return {@code [C, S, S]}
   */
  public Shape inputShape() {
    return new Shape(config.channels(), config.imageSize(), config.imageSize());
  }

  /**
   * Returns the tower's shape.
   *
   * @return its configuration
   */
  public ClipVisionConfig config() {
    return config;
  }

  /**
   * Returns what the tower does to images first.
   *
   * @return mean and standard deviation a channel
   */
  public Normalization normalization() {
    return normalization;
  }

  @Override
  public void close() {
    program.close();
  }
}
