package org.safety4j.core.nn.vlm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.CountsTokens;
import org.safety4j.core.model.KvPrefix;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TokenRows;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.model.TrainableLm;
import org.safety4j.core.model.TrainableVlm;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.nn.clip.ClipVision;
import org.safety4j.core.nn.lm.Llama;
import org.safety4j.core.nn.lm.LmIdentity;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.TokenListener;
import org.safety4j.core.text.Tokenizer;

/**
 * LLaVA: CLIP's vision tower, a projector of two layers, and a Llama-like language model that reads
 * an image's tokens among those of the text.
 *
 * <p><b>Source</b>: Liu et al., "Visual Instruction Tuning", NeurIPS 2023; Liu et al., "Improved
 * Baselines with Visual Instruction Tuning", CVPR 2024. <b>Deviations</b>: none.
 *
 * <p>Any number of threads may ask at once, while none overwrites parameters.
 */
public final class Llava implements TrainableVlm, CountsTokens {
  private static final String LANGUAGE = "language_model.";

  private final LlavaConfig config;
  private final NDManager manager;
  private final Parameters parameters;
  private final ClipVision vision;
  private final TorchProgram program;
  private final TrainableLm language;
  private final ModelCard card;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Llava(
      LlavaConfig config,
      NDManager manager,
      Parameters parameters,
      ClipVision vision,
      TorchProgram program,
      TrainableLm language,
      ModelCard card) {
    this.config = config;
    this.manager = manager;
    this.parameters = parameters;
    this.vision = vision;
    this.program = program;
    this.language = language;
    this.card = card;
  }

  /**
   * Builds a model from parameters under the names that Hugging Face gives them: {@code
   * vision_tower.vision_model.*}, {@code multi_modal_projector.*} and {@code language_model.*}.
   *
   * @param config its shape
   * @param normalization what is done to images first
   * @param source the parameters
   * @param architecture the language model's architecture, such as {@code LlamaForCausalLM}
   * @param identity tokenizer, template and card; the tokenizer is closed with the model
   * @return the model, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   */
  public static Llava of(
      LlavaConfig config,
      Normalization normalization,
      ParameterSource source,
      String architecture,
      LmIdentity identity) {
    NDManager manager = Tensors.newManager();
    List<AutoCloseable> made = new ArrayList<>(List.of(manager));
    try {
      Parameters parameters = new Parameters(manager, source);
      ClipVision vision =
          ClipVision.of(
              config.vision(), normalization, parameters, "vision_tower.vision_model.", 0);
      made.add(0, vision);
      Map<String, NDArray> bound = new LinkedHashMap<>();
      long in = config.vision().tower().width();
      long out = config.language().width();
      projector(bound, parameters, "linear_1", in, out, config.biased());
      projector(bound, parameters, "linear_2", out, out, config.biased());
      TorchProgram program =
          TorchProgram.compile(
              "llava.torch.py",
              Activation.text() + TorchProgram.text(Llava.class, "llava.torch.py"),
              Map.of(
                  "ACTIVATION", config.activation().expression(),
                  "BIASED", config.biased(),
                  "CLASS_TOKEN", config.classToken(),
                  "IMAGE", config.imageToken()));
      made.add(0, program);
      program.all("bind", bound);
      TrainableLm language =
          (TrainableLm)
              Llama.of(
                  config.language(),
                  (name, owner, shape) -> source.take(LANGUAGE + name, owner, shape),
                  architecture,
                  identity);
      ModelCard own = identity.card();
      ModelCard full =
          new ModelCard(
              own.name(),
              "LlavaForConditionalGeneration",
              parameters.count() + language.card().parameters(),
              own.origin(),
              own.licence());
      return new Llava(config, manager, parameters, vision, program, language, full);
    } catch (RuntimeException e) {
      made.forEach(Llava::free);
      throw e;
    }
  }

  private static void projector(
      Map<String, NDArray> bound,
      Parameters parameters,
      String name,
      long in,
      long out,
      boolean biased) {
    String stored = "multi_modal_projector." + name;
    bound.put(name + ".weight", parameters.weight(stored + ".weight", out, in));
    if (biased) {
      bound.put(name + ".bias", parameters.weight(stored + ".bias", out));
    }
  }

  private static void free(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      throw new IllegalStateException("a part of a model cannot be freed", e);
    }
  }

  @Override
  public NDArray imageTokens(NDArray images) {
    try (Scope scope = Scope.open()) {
      return scope.keep(program.one("project", vision.states(images, config.visionBlocks())));
    }
  }

  @Override
  public NDArray tokenEmbeddings(NDArray ids) {
    return language.embed(ids);
  }

  @Override
  public NDArray splice(NDArray tokens, NDArray ids, NDArray images) {
    Shape shape = images.getShape();
    Require.that(
        shape.dimension() == 3
            && shape.get(1) == imageTokenCount()
            && shape.get(2) == config.language().width(),
        "images must be [M, "
            + imageTokenCount()
            + ", "
            + config.language().width()
            + "], were "
            + shape);
    long places;
    try (NDArray count = program.one("places", ids)) {
      places = count.getLong();
    }
    Require.that(
        places == shape.get(0) * shape.get(1),
        "ids must name the image token "
            + shape.get(0) * shape.get(1)
            + " times for "
            + shape.get(0)
            + " images, did so "
            + places
            + " times");
    return program.one("splice", tokens, ids, images);
  }

  @Override
  public NDArray logitsOf(NDArray embeddings, LmContext context) {
    return language.logitsOf(embeddings, context);
  }

  @Override
  public NDArray learnt(NDArray images, TokenRows rows) {
    if (images == null) {
      return language.learnt(rows);
    }
    try (Scope scope = Scope.open()) {
      NDArray tokens = tokenEmbeddings(rows.ids());
      NDArray spliced = splice(tokens, rows.ids(), imageTokens(images));
      return scope.keep(language.learnt(spliced, rows));
    }
  }

  @Override
  public int[] prompt(String text) {
    int[] ids = tokenizer().encodeFull(text);
    int many = (int) Arrays.stream(ids).filter(id -> id == config.imageToken()).count();
    int[] out = new int[ids.length + many * (imageTokenCount() - 1)];
    int at = 0;
    for (int id : ids) {
      int times = id == config.imageToken() ? imageTokenCount() : 1;
      Arrays.fill(out, at, at + times, id);
      at += times;
    }
    return out;
  }

  @Override
  public Completion stream(
      NDArray images, int[] prompt, Decoding decoding, TokenListener listener) {
    Require.atLeast("prompt.length", prompt.length, 1);
    int last = prompt.length - 1;
    Require.that(prompt[last] != config.imageToken(), "a prompt must not end with an image");
    if (images == null) {
      Require.that(
          Arrays.stream(prompt).noneMatch(id -> id == config.imageToken()),
          "the prompt names images, but there are none");
      return language.stream(prompt, decoding, listener);
    }
    Require.that(last >= 1, "a prompt with images must have a token behind them");
    int[] before = Arrays.copyOf(prompt, last);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      long[] wide = Arrays.stream(before).asLongStream().toArray();
      NDArray ids = manager.create(wide, new Shape(1, last));
      NDArray embeddings = splice(tokenEmbeddings(ids), ids, imageTokens(images));
      try (KvPrefix read = language.remember(before, embeddings)) {
        Completion written = language.stream(new int[] {prompt[last]}, decoding, read, listener);
        return new Completion(written.ids(), written.text(), written.finish(), prompt.length);
      }
    }
  }

  @Override
  public NDArray logits(NDArray images, NDArray ids, LmContext context) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.keep(logitsRecorded(images, ids, context));
    }
  }

  @Override
  public double[] logProbabilities(NDArray images, int[] row) {
    Require.atLeast("row.length", row.length, 2);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      long[] wide = Arrays.stream(row).asLongStream().toArray();
      NDArray ids = manager.create(wide, new Shape(1, row.length));
      NDArray logits = logitsRecorded(images, ids, LmContext.whole());
      NDArray scores =
          Ops.pick(Ops.logSoftmax(logits.get(":, :" + (row.length - 1))), ids.get(":, 1:"));
      float[] values = scores.toFloatArray();
      double[] out = new double[values.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = values[i];
      }
      return out;
    }
  }

  @Override
  public Tokenizer tokenizer() {
    return language.tokenizer();
  }

  @Override
  public int contextLength() {
    return language.contextLength();
  }

  @Override
  public Optional<ChatTemplate> chatTemplate() {
    return language.chatTemplate();
  }

  @Override
  public Shape inputShape() {
    return vision.inputShape();
  }

  @Override
  public int imageTokenCount() {
    return config.imageTokens();
  }

  @Override
  public int imageToken() {
    return config.imageToken();
  }

  /**
   * Returns the language model.
   *
   * @return owned by this model
   */
  public CausalLm.White languageModel() {
    return language;
  }

  /**
   * Returns the vision tower.
   *
   * @return owned by this model
   */
  public ClipVision vision() {
    return vision;
  }

  /**
   * Returns the model's shape.
   *
   * @return its configuration
   */
  public LlavaConfig config() {
    return config;
  }

  @Override
  public Map<String, Trainable> parts() {
    Map<String, Trainable> parts = new LinkedHashMap<>();
    parts.put("vision", new Part(parameters));
    parts.put("language", language);
    return parts;
  }

  @Override
  public Map<String, NDArray> parameters() {
    Map<String, NDArray> all = new LinkedHashMap<>(parameters.trainable());
    language.parameters().forEach((name, array) -> all.put(LANGUAGE + name, array));
    return all;
  }

  @Override
  public Map<String, NDArray> buffers() {
    Map<String, NDArray> all = new LinkedHashMap<>(parameters.buffers());
    language.buffers().forEach((name, array) -> all.put(LANGUAGE + name, array));
    return all;
  }

  /**
   * Shows every array under the name and in the shape that a file holds it.
   *
   * @param consumer takes name and array; the array is valid while the enclosing scope is
   */
  public void forEachStored(BiConsumer<String, NDArray> consumer) {
    parameters.forEachStored(consumer);
    ((HasParameters) language)
        .stored()
        .forEachStored((name, array) -> consumer.accept(LANGUAGE + name, array));
  }

  /** Vision tower and projector. */
  private record Part(Parameters held) implements Trainable {
    @Override
    public Map<String, NDArray> parameters() {
      return held.trainable();
    }

    @Override
    public Map<String, NDArray> buffers() {
      return held.buffers();
    }
  }

  @Override
  public long tokensRead(String method, Object[] arguments) {
    long read = 0;
    for (Object argument : arguments) {
      if (argument instanceof int[] ids) {
        read += ids.length;
      } else if (argument instanceof NDArray array && array.getShape().dimension() < 4) {
        read += array.getShape().get(0) * array.getShape().get(1);
      } else if (argument instanceof LmContext context && context.leftPadding() != null) {
        read -= Arrays.stream(context.leftPadding()).sum();
      }
    }
    return read;
  }

  @Override
  public long tokens(String method, Object[] arguments, Object answer) {
    long written = answer instanceof Completion completion ? completion.ids().length : 0;
    return tokensRead(method, arguments) + written;
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
  public void close() {
    if (closed.compareAndSet(false, true)) {
      language.close();
      vision.close();
      program.close();
      manager.close();
    }
  }

  @Override
  public String toString() {
    return card.architecture() + " " + card.name();
  }
}
