package org.safety4j.core.nn.sam;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.nn.Dense;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.ParameterCopies;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Segment Anything: an image encoder with windowed and global attention, an encoder of points,
 * boxes and masks, and a decoder that answers masks and their predicted overlap.
 *
 * <p><b>Source</b>: Kirillov et al., "Segment Anything", ICCV 2023. <b>Deviations</b>: none.
 *
 * <p>Any number of threads may ask at once, while none overwrites parameters.
 */
public final class Sam implements Segmenter.White, HasParameters {
  private final SamConfig config;
  private final Normalization normalization;
  private final NDManager manager;
  private final Parameters parameters;
  private final TorchProgram program;
  private final NDArray one;
  private final NDArray several;
  private final ModelCard card;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Sam(
      SamConfig config,
      Normalization normalization,
      NDManager manager,
      Parameters parameters,
      TorchProgram program,
      ModelCard card) {
    this.config = config;
    this.normalization = normalization;
    this.manager = manager;
    this.parameters = parameters;
    this.program = program;
    this.one = parameters.constant(new float[] {0});
    this.several = parameters.constant(new float[] {1});
    this.card = card;
  }

  /**
   * Makes an untrained model.
   *
   * @param config its shape
   * @param normalization what it does to images first
   * @param rng what its parameters are drawn from
   * @param name a short name
   * @return the model, to be closed by the caller
   */
  public static Sam initial(SamConfig config, Normalization normalization, Rng rng, String name) {
    ParameterSource drawn = InitialParameters.of(rng);
    ParameterSource source =
        (parameter, manager, shape) ->
            parameter.endsWith("positional_embedding")
                ? rng.derive(parameter).normal(manager, new Shape(shape))
                : drawn.take(parameter, manager, shape);
    return of(config, normalization, source, ModelCard.named(name));
  }

  /**
   * Builds a model from parameters under the names that Hugging Face gives them.
   *
   * @param config its shape
   * @param normalization what it does to images first
   * @param source the parameters
   * @param card name, origin and licence; architecture and number of parameters are filled in
   * @return the model, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   * @throws IllegalArgumentException if the channels of config and normalisation differ
   */
  public static Sam of(
      SamConfig config, Normalization normalization, ParameterSource source, ModelCard card) {
    Require.that(
        normalization.channels() == config.vision().channels(),
        "normalization has "
            + normalization.channels()
            + " channels, the config "
            + config.vision().channels());
    NDManager manager = Tensors.newManager();
    TorchProgram program = null;
    try {
      Parameters parameters = new Parameters(manager, source);
      Map<String, NDArray> bound = new SamBinding(config, normalization, parameters).take();
      program =
          TorchProgram.compile(
              "sam",
              Dense.text() + TorchProgram.text(Sam.class, "sam.torch.py"),
              SamBinding.constants(config));
      program.all("bind", bound);
      ModelCard full =
          new ModelCard(card.name(), "SamModel", parameters.count(), card.origin(), card.licence());
      return new Sam(config, normalization, manager, parameters, program, full);
    } catch (RuntimeException e) {
      if (program != null) {
        program.close();
      }
      manager.close();
      throw e;
    }
  }

  @Override
  public NDArray embed(NDArray images) {
    Shape shape = Tensors.elementShape(Tensors.requireImages(images));
    Require.that(
        shape.equals(inputShape()),
        "model "
            + card.name()
            + " takes images of shape "
            + inputShape()
            + ", these have "
            + shape);
    return program.one("embed", images);
  }

  @Override
  public Segmenter.Prediction decode(
      NDArray embeddings, Segmenter.Prompt prompt, boolean severalReadings) {
    check(embeddings, prompt);
    try (Scope scope = Scope.open()) {
      NDArray dense =
          prompt.masks() == null
              ? program.one("no_masks", embeddings)
              : program.one("masks", prompt.masks());
      NDList answer =
          program.all(
              "decode",
              embeddings,
              tokens(embeddings, prompt),
              dense,
              severalReadings ? several : one);
      return new Segmenter.Prediction(scope.keep(answer.get(0)), scope.keep(answer.get(1)));
    }
  }

  private NDArray tokens(NDArray embeddings, Segmenter.Prompt prompt) {
    if (prompt.points() == null) {
      return prompt.boxes() == null
          ? program.one("no_tokens", embeddings)
          : program.one("boxes", prompt.boxes());
    }
    return prompt.boxes() == null
        ? program.one("points_alone", prompt.points(), prompt.labels())
        : program.one("points_and_boxes", prompt.points(), prompt.labels(), prompt.boxes());
  }

  private void check(NDArray embeddings, Segmenter.Prompt prompt) {
    int side = config.vision().side();
    Shape shape = embeddings.getShape();
    Require.that(
        shape.dimension() == 4
            && shape.slice(1).equals(new Shape(config.vision().outWidth(), side, side)),
        "embeddings must be [N, "
            + config.vision().outWidth()
            + ", "
            + side
            + ", "
            + side
            + "], were "
            + shape);
    checkBatch("points", prompt.points(), shape.get(0));
    checkBatch("boxes", prompt.boxes(), shape.get(0));
    checkBatch("masks", prompt.masks(), shape.get(0));
    if (prompt.masks() != null) {
      Shape wanted = new Shape(1, 4L * side, 4L * side);
      Require.that(
          prompt.masks().getShape().slice(1).equals(wanted),
          "masks must be of shape " + wanted + ", were " + prompt.masks().getShape().slice(1));
    }
  }

  private static void checkBatch(String field, NDArray array, long images) {
    if (array != null) {
      long n = array.getShape().get(0);
      Require.that(
          n == 1 || n == images, field + " must be for 1 image or " + images + ", were for " + n);
    }
  }

  @Override
  public Shape inputShape() {
    int size = config.vision().imageSize();
    return new Shape(config.vision().channels(), size, size);
  }

  /**
   * Copies the model.
   *
   * @return a model with weights of its own, to be closed by the caller
   */
  public Sam copy() {
    Map<String, NDArray> live = new LinkedHashMap<>(parameters.trainable());
    live.putAll(parameters.buffers());
    return of(config, normalization, ParameterCopies.of(live), card);
  }

  /**
   * Returns the model's shape.
   *
   * @return its configuration
   */
  public SamConfig config() {
    return config;
  }

  /**
   * Returns what the model does to images first.
   *
   * @return mean and standard deviation a channel
   */
  public Normalization normalization() {
    return normalization;
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public Parameters stored() {
    return parameters;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      program.close();
      manager.close();
    }
  }

  @Override
  public String toString() {
    return card.architecture() + " " + card.name();
  }
}
