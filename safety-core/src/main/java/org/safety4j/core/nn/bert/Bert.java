package org.safety4j.core.nn.bert;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TextBatch;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.core.model.WhiteText;
import org.safety4j.core.nn.Dense;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.torch.TorchProgram;
import org.safety4j.core.text.Tokenizer;

/**
 * BERT and its like (MiniLM): an encoder that gives one vector a text, or a classifier. The whole
 * model is one program call. Parameters have the names that Hugging Face gives them, {@code bert.}
 * before those of the encoder. Any number of threads may ask at once.
 *
 * <p><b>Source:</b> Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers for
 * Language Understanding, NAACL 2019; sentence vectors: Reimers and Gurevych, Sentence-BERT, EMNLP
 * 2019. <b>Deviations:</b> none in evaluation; dropout is not applied in training.
 */
public abstract sealed class Bert implements WhiteText, HasParameters {
  final TorchProgram program;
  private final BertConfig config;
  private final Parameters parameters;
  private final NDManager manager;
  private final Tokenizer tokenizer;
  private final ModelCard card;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Bert(Parts parts, String architecture) {
    this.program = parts.program;
    this.config = parts.config;
    this.parameters = parts.parameters;
    this.manager = parts.manager;
    this.tokenizer = parts.tokenizer;
    this.card =
        new ModelCard(
            parts.card.name(),
            architecture,
            parts.parameters.count(),
            parts.card.origin(),
            parts.card.licence());
  }

  private record Parts(
      BertConfig config,
      TorchProgram program,
      Parameters parameters,
      NDManager manager,
      Tokenizer tokenizer,
      ModelCard card) {}

  /**
   * Builds an encoder.
   *
   * @param config its shape
   * @param pooling how states become one vector
   * @param source its parameters
   * @param tokenizer its tokenizer; closed with the model
   * @param card name, origin and licence; architecture and number of parameters are filled in
   * @return the model, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   */
  public static Encoder encoder(
      BertConfig config,
      Pooling pooling,
      ParameterSource source,
      Tokenizer tokenizer,
      ModelCard card) {
    return new Encoder(build(config, 0, source, tokenizer, card), pooling);
  }

  /**
   * Builds a classifier.
   *
   * @param config its shape
   * @param classNames one name a class, at least 2
   * @param source its parameters
   * @param tokenizer its tokenizer; closed with the model
   * @param card name, origin and licence; architecture and number of parameters are filled in
   * @return the model, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   */
  public static Classifier classifier(
      BertConfig config,
      List<String> classNames,
      ParameterSource source,
      Tokenizer tokenizer,
      ModelCard card) {
    Require.atLeast("classes", classNames.size(), 2);
    return new Classifier(
        build(config, classNames.size(), source, tokenizer, card), List.copyOf(classNames));
  }

  private static Parts build(
      BertConfig config, int classes, ParameterSource source, Tokenizer tokenizer, ModelCard card) {
    NDManager manager = Tensors.newManager();
    TorchProgram program = null;
    try (GradMode mode = GradMode.off()) {
      program =
          TorchProgram.compile(
              "bert",
              Dense.text() + TorchProgram.text(Bert.class, "bert.torch.py"),
              constants(config));
      Parameters parameters = new Parameters(manager, source);
      bind(config, classes, program, parameters);
      return new Parts(config, program, parameters, manager, tokenizer, card);
    } catch (RuntimeException e) {
      if (program != null) {
        program.close();
      }
      manager.close();
      throw e;
    }
  }

  private static Map<String, Object> constants(BertConfig config) {
    int headWidth = config.width() / config.heads();
    return Map.of(
        "WIDTH", config.width(),
        "BLOCKS", config.blocks(),
        "HEADS", config.heads(),
        "HEAD_WIDTH", headWidth,
        "SCALE", 1 / Math.sqrt(headWidth),
        "EPSILON", config.epsilon(),
        "ACTIVATION", config.activation().expression());
  }

  private static void bind(
      BertConfig config, int classes, TorchProgram program, Parameters parameters) {
    long d = config.width();
    String embeddings = "bert.embeddings.";
    List<NDArray> stem = new ArrayList<>();
    stem.add(parameters.weight(embeddings + "word_embeddings.weight", config.vocabulary(), d));
    stem.add(parameters.weight(embeddings + "position_embeddings.weight", config.context(), d));
    stem.add(parameters.weight(embeddings + "token_type_embeddings.weight", config.types(), d));
    stem.addAll(affine(parameters, embeddings + "LayerNorm.", d));
    program.all("set_stem", stem);
    for (int i = 0; i < config.blocks(); i++) {
      program.all("set_block", block(config, parameters, "bert.encoder.layer." + i + "."));
    }
    if (classes > 0) {
      List<NDArray> head = new ArrayList<>(affine(parameters, "bert.pooler.dense.", d, d));
      head.addAll(affine(parameters, "classifier.", classes, d));
      program.all("set_head", head);
    }
  }

  /** In the order of the program's set_block. */
  private static List<NDArray> block(BertConfig config, Parameters parameters, String at) {
    long d = config.width();
    long m = config.mlpWidth();
    String self = at + "attention.self.";
    List<String> roles = List.of("query", "key", "value");
    List<NDArray> all = new ArrayList<>();
    all.add(
        parameters.joined(
            self + "qkv.weight", roles.stream().map(r -> self + r + ".weight").toList(), d, d));
    all.add(
        parameters.joined(
            self + "qkv.bias", roles.stream().map(r -> self + r + ".bias").toList(), d));
    all.addAll(affine(parameters, at + "attention.output.dense.", d, d));
    all.addAll(affine(parameters, at + "attention.output.LayerNorm.", d));
    all.addAll(affine(parameters, at + "intermediate.dense.", m, d));
    all.addAll(affine(parameters, at + "output.dense.", d, m));
    all.addAll(affine(parameters, at + "output.LayerNorm.", d));
    return all;
  }

  private static List<NDArray> affine(Parameters parameters, String at, long... shape) {
    return List.of(
        parameters.weight(at + "weight", shape), parameters.weight(at + "bias", shape[0]));
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public TextBatch tokens(List<String> texts) {
    Require.notEmpty("texts", texts);
    int longest = 0;
    List<int[]> rows = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      int[] ids = tokenizer.encodeFull(texts.get(i));
      Require.that(
          ids.length >= 1 && ids.length <= config.context(),
          "text "
              + i
              + " has "
              + ids.length
              + " tokens, the model reads 1 to "
              + config.context()
              + "; split it");
      rows.add(ids);
      longest = Math.max(longest, ids.length);
    }
    long[] ids = new long[rows.size() * longest];
    long[] mask = new long[ids.length];
    java.util.Arrays.fill(ids, tokenizer.special().padding().orElse(0));
    for (int i = 0; i < rows.size(); i++) {
      for (int k = 0; k < rows.get(i).length; k++) {
        ids[i * longest + k] = rows.get(i)[k];
        mask[i * longest + k] = 1;
      }
    }
    Shape shape = new Shape(rows.size(), longest);
    return new TextBatch(
        manager.create(ids, shape),
        manager.create(mask, shape),
        manager.create(new long[ids.length], shape));
  }

  @Override
  public NDArray lookUp(NDArray ids) {
    return program.one("look_up", ids);
  }

  @Override
  public NDArray onEmbeddings(NDArray states) {
    return program.one("on_table", states);
  }

  @Override
  public Trace trace(NDArray embeddings, TextBatch batch) {
    check(embeddings, batch);
    NDList all = program.all("trace", embeddings, batch.mask(), batch.types());
    int states = config.blocks() + 1;
    return new Trace(
        new NDList(all.subList(0, states)), new NDList(all.subList(states, all.size())));
  }

  final void check(NDArray embeddings, TextBatch batch) {
    Shape shape = embeddings.getShape();
    Require.that(
        shape.dimension() == 3
            && shape.get(2) == config.width()
            && embeddings.getDataType() == DataType.FLOAT32,
        "embeddings must be float32 [B, T, "
            + config.width()
            + "], were "
            + embeddings.getDataType()
            + " "
            + shape);
    Shape rows = new Shape(shape.get(0), shape.get(1));
    Require.that(
        batch.mask().getShape().equals(rows) && batch.types().getShape().equals(rows),
        "mask and types must have the shape "
            + rows
            + " of the embeddings, had "
            + batch.mask().getShape()
            + " and "
            + batch.types().getShape());
    Require.that(
        shape.get(1) <= config.context(),
        "rows of " + shape.get(1) + " tokens exceed the context of " + config.context());
  }

  /** Applies a method to texts, outside of any graph. */
  final NDArray ofTexts(
      java.util.function.Function<TextBatch, NDArray> method, List<String> texts) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.keep(method.apply(tokens(texts)), manager);
    }
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
  public int contextLength() {
    return config.context();
  }

  /**
   * Returns the model's shape.
   *
   * @return its configuration
   */
  public BertConfig config() {
    return config;
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public Parameters stored() {
    return parameters;
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      program.close();
      manager.close();
      tokenizer.close();
    }
  }

  @Override
  public String toString() {
    return card.architecture() + " " + card.name();
  }

  /** Gives one vector a text. */
  public static final class Encoder extends Bert implements TextEncoder.White {
    private final Pooling pooling;

    private Encoder(Parts parts, Pooling pooling) {
      super(parts, "BertModel");
      this.pooling = pooling;
    }

    @Override
    public NDArray embed(List<String> texts) {
      return ofTexts(batch -> embedOf(lookUp(batch.ids()), batch), texts);
    }

    @Override
    public NDArray embedOf(NDArray embeddings, TextBatch batch) {
      check(embeddings, batch);
      try (Scope scope = Scope.open()) {
        NDArray pooled =
            program.one(pooling.mode().method(), embeddings, batch.mask(), batch.types());
        return scope.keep(pooling.normalised() ? program.one("unit", pooled) : pooled);
      }
    }

    @Override
    public int width() {
      return config().width();
    }

    /**
     * Returns how states become one vector.
     *
     * @return the pooling
     */
    public Pooling pooling() {
      return pooling;
    }
  }

  /** Puts texts into classes. */
  public static final class Classifier extends Bert implements TextClassifier.White {
    private final List<String> classNames;

    private Classifier(Parts parts, List<String> classNames) {
      super(parts, "BertForSequenceClassification");
      this.classNames = classNames;
    }

    @Override
    public NDArray logits(List<String> texts) {
      return ofTexts(batch -> logitsOf(lookUp(batch.ids()), batch), texts);
    }

    @Override
    public NDArray logitsOf(NDArray embeddings, TextBatch batch) {
      check(embeddings, batch);
      return program.one("logits", embeddings, batch.mask(), batch.types());
    }

    @Override
    public List<String> classNames() {
      return classNames;
    }
  }
}
