package org.safety4j.core.nn.vit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.model.VisionTransformer;
import org.safety4j.core.nn.Dense;
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
 * A vision transformer in the layout of Hugging Face: ViT (class token) or DeiT (class and
 * distillation token).
 *
 * <p>The whole model is one program call. Parameters do not ask for gradients unless a training
 * makes them; then the same program trains them. Images are float32 {@code [N, C, S, S]} in [0, 1];
 * normalisation is inside. {@link #features} of {@code embeddings} and {@code block.I} are token
 * states {@code [N, T, D]}, those of {@code pooled} the normalised class token {@code [N, D]}.
 *
 * <p><b>Source:</b> Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021; Touvron et al.,
 * Training data-efficient image transformers and distillation through attention, ICML 2021.
 * <b>Deviations:</b> none in evaluation; dropout is not applied in training.
 */
public final class Vit extends DifferentiableClassifier
    implements VisionTransformer.White, TrainableClassifier, HasParameters {
  private static final String NONE = "none";

  private final VitConfig config;
  private final Normalization normalization;
  private final Parameters parameters;
  private final TorchProgram program;
  private final List<String> layers;

  private Vit(
      VitConfig config,
      Normalization normalization,
      NDManager manager,
      Parameters parameters,
      TorchProgram program,
      List<String> classNames,
      ModelCard card) {
    super(
        card,
        manager,
        new Shape(config.channels(), config.imageSize(), config.imageSize()),
        classNames);
    this.config = config;
    this.normalization = normalization;
    this.parameters = parameters;
    this.program = program;
    List<String> names = new ArrayList<>();
    names.add("embeddings");
    for (int i = 0; i < config.blocks(); i++) {
      names.add("block." + i);
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
  public static Vit initial(VitConfig config, Normalization normalization, Rng rng, String name) {
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
  public static Vit of(
      VitConfig config,
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
              "vit",
              Dense.text() + TorchProgram.text(Vit.class, "vit.torch.py"),
              constants(config));
      Parameters parameters = new Parameters(manager, source);
      new VitBinding(config, normalization, parameters).bind(program);
      ModelCard full =
          new ModelCard(
              card.name(),
              architecture(config.head()),
              parameters.count(),
              card.origin(),
              card.licence());
      return new Vit(config, normalization, manager, parameters, program, classNames, full);
    } catch (RuntimeException e) {
      if (program != null) {
        program.close();
      }
      manager.close();
      throw e;
    }
  }

  private static Map<String, Object> constants(VitConfig config) {
    int headWidth = config.width() / config.heads();
    return Map.of(
        "PATCH", config.patchSize(),
        "WIDTH", config.width(),
        "BLOCKS", config.blocks(),
        "HEADS", config.heads(),
        "HEAD_WIDTH", headWidth,
        "SCALE", 1 / Math.sqrt(headWidth),
        "EPSILON", config.epsilon(),
        "READ", config.head().heads(),
        "ACTIVATION", config.activation().expression());
  }

  private static String architecture(VitConfig.Head head) {
    return switch (head) {
      case CLASS_TOKEN -> "ViTForImageClassification";
      case BESIDE_DISTILLATION_TOKEN -> "DeiTForImageClassification";
      case MEAN_WITH_TEACHER -> "DeiTForImageClassificationWithTeacher";
    };
  }

  @Override
  protected NDArray infer(NDArray images) {
    return program.one("forward", images);
  }

  @Override
  public NDArray forward(NDArray images, boolean training) {
    checkImages(images);
    return infer(images);
  }

  @Override
  protected NDArray activations(NDArray images, int layer) {
    if (layer == layers.size() - 1) {
      return program.one("pooled", images);
    }
    try (Scope scope = Scope.open()) {
      NDArray blocks = images.getManager().create((long) layer);
      return scope.keep(program.one("state", images, blocks));
    }
  }

  @Override
  public VisionTransformer.Trace trace(NDArray images, VisionTransformer.Overrides overrides) {
    checkImages(images);
    check(images, overrides);
    try (Scope scope = Scope.open()) {
      NDManager around = images.getManager();
      NDArray detach = around.create(overrides.detachAttention() ? 1f : 0f);
      NDList out =
          scope.keep(
              program.all(
                  "trace",
                  images,
                  entries(overrides.blocks(), around),
                  entries(overrides.attention(), around),
                  entries(overrides.attentionScale(), around),
                  detach));
      int states = config.blocks() + 1;
      return new VisionTransformer.Trace(
          out.get(0),
          new NDList(out.subList(1, 1 + states)),
          new NDList(out.subList(1 + states, out.size())));
    }
  }

  /**
   * Aliases, because the engine binds entries by the name that an array carries: the caller's
   * arrays may be in use by other threads. An entry of no block stands for an empty map, which the
   * engine cannot express.
   */
  private static Map<String, NDArray> entries(Map<Integer, NDArray> overrides, NDManager around) {
    Map<String, NDArray> entries = new LinkedHashMap<>();
    entries.put(NONE, around.create(0f));
    overrides.forEach(
        (block, array) -> entries.put(block.toString(), array.reshape(array.getShape())));
    return entries;
  }

  private void check(NDArray images, VisionTransformer.Overrides overrides) {
    long n = images.getShape().get(0);
    long t = config.tokens();
    overrides
        .blocks()
        .forEach(
            (block, array) -> {
              checkBlock("blocks", block, config.blocks());
              Shape wanted = new Shape(n, t, config.width());
              Require.that(
                  array.getShape().equals(wanted),
                  "blocks[" + block + "] must have shape " + wanted + ", has " + array.getShape());
            });
    overrides.attention().forEach((block, array) -> checkMap("attention", block, array, n, t));
    overrides
        .attentionScale()
        .forEach((block, array) -> checkMap("attentionScale", block, array, n, t));
  }

  private void checkMap(String field, int block, NDArray array, long n, long t) {
    checkBlock(field, block, config.blocks() - 1);
    Shape shape = array.getShape();
    boolean fits =
        shape.equals(new Shape(t, t))
            || shape.equals(new Shape(config.heads(), t, t))
            || shape.equals(new Shape(n, config.heads(), t, t));
    Require.that(
        fits,
        field
            + "["
            + block
            + "] must have shape "
            + new Shape(t, t)
            + ", with heads or samples and heads before it,"
            + " has "
            + shape);
  }

  private static void checkBlock(String field, int block, int last) {
    Require.that(
        block >= 0 && block <= last,
        field + " must name blocks in [0, " + last + "], named " + block);
  }

  @Override
  public List<String> layers() {
    return layers;
  }

  @Override
  public int blocks() {
    return config.blocks();
  }

  @Override
  public int heads() {
    return config.heads();
  }

  @Override
  public int patchSize() {
    return config.patchSize();
  }

  /**
   * Returns the model's shape.
   *
   * @return its configuration
   */
  public VitConfig config() {
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
