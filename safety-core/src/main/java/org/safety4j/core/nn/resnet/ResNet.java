package org.safety4j.core.nn.resnet;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.DifferentiableClassifier;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * A residual network in the layout of Hugging Face.
 *
 * <p>The whole model is one program call. Batch normalisation uses its running statistics, except
 * in a training's forward pass, which updates them with momentum 0.1. Images are float32 {@code [N,
 * C, H, W]} in [0, 1]; normalisation is inside. {@link #features} of {@code stem} and {@code
 * stage.I} are maps {@code [N, C, H, W]}, those of {@code pooled} their means {@code [N, C]}.
 *
 * <p><b>Source:</b> He, Zhang, Ren, Sun, Deep Residual Learning for Image Recognition, CVPR 2016.
 * <b>Deviations:</b> the stem may be smaller, for small images, which other readers of the layout
 * do not know.
 */
public final class ResNet extends DifferentiableClassifier
    implements TrainableClassifier, HasParameters {
  private final ResNetConfig config;
  private final Normalization normalization;
  private final Parameters parameters;
  private final TorchProgram program;
  private final List<String> layers;

  private ResNet(
      ResNetConfig config,
      Normalization normalization,
      NDManager manager,
      Parameters parameters,
      TorchProgram program,
      List<String> classNames,
      ModelCard card) {
    super(card, manager, new Shape(config.channels(), config.height(), config.width()), classNames);
    this.config = config;
    this.normalization = normalization;
    this.parameters = parameters;
    this.program = program;
    List<String> names = new ArrayList<>();
    names.add("stem");
    for (int i = 0; i < config.widths().size(); i++) {
      names.add("stage." + i);
    }
    names.add("pooled");
    this.layers = List.copyOf(names);
  }

  /**
   * Makes an untrained model.
   *
   * @param config its shape
   * @param normalization what it does to images first; one channel each of the image
   * @param rng what its parameters are drawn from
   * @param name a short name
   * @return the model, to be closed by the caller
   */
  public static ResNet initial(
      ResNetConfig config, Normalization normalization, Rng rng, String name) {
    return of(
        config,
        normalization,
        InitialParameters.of(rng),
        numbered(config.classes()),
        ModelCard.named(name));
  }

  /**
   * Builds a model from parameters under the names that Hugging Face gives them.
   *
   * @param config its shape
   * @param normalization what it does to images first; one channel each of the image
   * @param source the parameters
   * @param classNames one name a class
   * @param card name, origin and licence; architecture and number of parameters are filled in
   * @return the model, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   * @throws IllegalArgumentException if channels or classes do not agree with the config
   */
  public static ResNet of(
      ResNetConfig config,
      Normalization normalization,
      ParameterSource source,
      List<String> classNames,
      ModelCard card) {
    Require.that(
        normalization.channels() == config.channels(),
        "normalization has "
            + normalization.channels()
            + " channels, the config "
            + config.channels());
    Require.that(
        classNames.size() == config.classes(),
        "there are "
            + classNames.size()
            + " class names, the config has "
            + config.classes()
            + " classes");
    NDManager manager = Tensors.newManager();
    TorchProgram program = null;
    try {
      program =
          TorchProgram.compile(
              "resnet.torch.py",
              Activation.text() + TorchProgram.text(ResNet.class, "resnet.torch.py"),
              constants(config));
      Parameters parameters = new Parameters(manager, source);
      new ResNetBinding(config, parameters).bind(program, normalization);
      ModelCard full =
          new ModelCard(
              card.name(),
              "ResNetForImageClassification",
              parameters.count(),
              card.origin(),
              card.licence());
      return new ResNet(config, normalization, manager, parameters, program, classNames, full);
    } catch (RuntimeException e) {
      if (program != null) {
        program.close();
      }
      manager.close();
      throw e;
    }
  }

  private static Map<String, Object> constants(ResNetConfig config) {
    int stages = config.widths().size();
    return Map.of(
        "STAGES", stages,
        "STARTS", ResNetBinding.starts(config),
        "DEPTHS", config.depths(),
        "STRIDES", IntStream.range(0, stages).mapToObj(config::stride).toList(),
        "PROJECTS", IntStream.range(0, stages).mapToObj(s -> config.projects(s) ? 1 : 0).toList(),
        "BASIC", config.layer() == ResNetConfig.Layer.BASIC,
        "STRIDE_FIRST", config.layer() == ResNetConfig.Layer.BOTTLENECK_STRIDE_FIRST,
        "STEM_STRIDE", config.stem().stride(),
        "STEM_POOLS", config.stem().pools(),
        "ACTIVATION", config.activation().expression());
  }

  @Override
  protected NDArray infer(NDArray images) {
    return program.one("forward", images);
  }

  @Override
  public NDArray forward(NDArray images, boolean training) {
    checkImages(images);
    return program.one(training ? "forward_training" : "forward", images);
  }

  @Override
  protected NDArray activations(NDArray images, int layer) {
    if (layer == layers.size() - 1) {
      return program.one("pooled", images);
    }
    try (Scope scope = Scope.open()) {
      NDArray stages = images.getManager().create((long) layer);
      return scope.keep(program.one("state", images, stages));
    }
  }

  @Override
  public List<String> layers() {
    return layers;
  }

  /**
   * Returns the model's shape.
   *
   * @return its configuration
   */
  public ResNetConfig config() {
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
  public Parameters stored() {
    return parameters;
  }

  @Override
  protected void release() {
    program.close();
  }
}
