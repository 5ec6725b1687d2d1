package org.safety4j.core.nn.clip;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.ParameterCopies;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.text.Tokenizer;

/**
 * CLIP: images and texts in one space. {@link #features} of {@code embeddings} and {@code block.I}
 * are states of the vision tower's tokens {@code [N, T, D]}, those of {@code pooled} the normalised
 * class token {@code [N, D]}.
 *
 * <p><b>Source</b>: Radford et al., "Learning Transferable Visual Models From Natural Language
 * Supervision", ICML 2021. <b>Deviations</b>: none in evaluation; the logit scale is not limited in
 * training.
 *
 * <p>Any number of threads may ask at once, while none overwrites parameters. The model closes its
 * tokenizer.
 */
public final class Clip implements DualEncoder.White, HasParameters {
  private static final double INITIAL_LOGIT_SCALE = Math.log(1 / 0.07);

  private final ModelCard card;
  private final int projected;
  private final NDManager manager;
  private final Parameters parameters;
  private final ClipText text;
  private final ClipVision vision;
  private final NDArray logScale;
  private final Tokenizer tokenizer;
  private final ClipTokens tokens;
  private final List<String> layers;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Clip(
      ModelCard card,
      int projected,
      NDManager manager,
      Parameters parameters,
      ClipText text,
      ClipVision vision,
      NDArray logScale,
      Tokenizer tokenizer) {
    this.card = card;
    this.projected = projected;
    this.manager = manager;
    this.parameters = parameters;
    this.text = text;
    this.vision = vision;
    this.logScale = logScale;
    this.tokenizer = tokenizer;
    this.tokens = new ClipTokens(tokenizer, text.config());
    List<String> names = new ArrayList<>();
    names.add("embeddings");
    for (int i = 0; i < vision.config().tower().blocks(); i++) {
      names.add("block." + i);
    }
    names.add("pooled");
    this.layers = List.copyOf(names);
  }

  /**
   * Makes an untrained model.
   *
   * @param text shape of the text tower
   * @param vision shape of the vision tower
   * @param projected size of the shared space, at least 1
   * @param normalization what is done to images first
   * @param tokenizer the tokenizer, closed with the model
   * @param rng what its parameters are drawn from
   * @param name a short name
   * @return the model, to be closed by the caller
   */
  public static Clip initial(
      ClipTextConfig text,
      ClipVisionConfig vision,
      int projected,
      Normalization normalization,
      Tokenizer tokenizer,
      Rng rng,
      String name) {
    ParameterSource drawn = InitialParameters.of(rng);
    ParameterSource source =
        (parameter, manager, shape) ->
            parameter.equals("logit_scale")
                ? manager.create((float) INITIAL_LOGIT_SCALE)
                : drawn.take(parameter, manager, shape);
    return of(text, vision, projected, normalization, tokenizer, source, ModelCard.named(name));
  }

  /**
   * Builds a model from parameters under the names that Hugging Face gives them.
   *
   * @param text shape of the text tower
   * @param vision shape of the vision tower
   * @param projected size of the shared space, at least 1
   * @param normalization what is done to images first
   * @param tokenizer the tokenizer, closed with the model
   * @param source the parameters
   * @param card name, origin and licence; architecture and number of parameters are filled in
   * @return the model, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   * @throws IllegalArgumentException if tokenizer or normalisation do not fit
   */
  public static Clip of(
      ClipTextConfig text,
      ClipVisionConfig vision,
      int projected,
      Normalization normalization,
      Tokenizer tokenizer,
      ParameterSource source,
      ModelCard card) {
    Require.atLeast("projected", projected, 1);
    NDManager manager = Tensors.newManager();
    List<AutoCloseable> towers = new ArrayList<>();
    try {
      Parameters parameters = new Parameters(manager, source);
      ClipText textTower = ClipText.of(text, parameters, "text_model.", projected);
      towers.add(textTower);
      ClipVision visionTower =
          ClipVision.of(vision, normalization, parameters, "vision_model.", projected);
      towers.add(visionTower);
      NDArray logScale = parameters.weight("logit_scale");
      ModelCard full =
          new ModelCard(
              card.name(), "CLIPModel", parameters.count(), card.origin(), card.licence());
      return new Clip(
          full, projected, manager, parameters, textTower, visionTower, logScale, tokenizer);
    } catch (RuntimeException e) {
      for (AutoCloseable tower : towers) {
        close(tower);
      }
      manager.close();
      throw e;
    }
  }

  private static void close(AutoCloseable tower) {
    try {
      tower.close();
    } catch (Exception e) {
      throw new IllegalStateException("a program cannot be freed", e);
    }
  }

  @Override
  public NDArray imageEmbeddings(NDArray images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.keep(embedImages(images));
    }
  }

  @Override
  public NDArray textEmbeddings(List<String> texts) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      DualEncoder.TextBatch batch = tokenize(texts);
      return scope.keep(embedTokens(text.embed(batch.ids()), batch));
    }
  }

  @Override
  public double logitScale() {
    try (NDArray scale = Grad.detach(logScale)) {
      return Math.exp(scale.getFloat());
    }
  }

  @Override
  public NDArray embedImages(NDArray images) {
    try (Scope scope = Scope.open()) {
      return scope.keep(unit(vision.project(vision.pooled(images))));
    }
  }

  @Override
  public DualEncoder.TextBatch tokenize(List<String> texts) {
    ClipTokens.Rows rows = tokens.rows(texts);
    return new DualEncoder.TextBatch(rows.ids(manager), rows.mask(manager));
  }

  @Override
  public NDArray tokenEmbeddings(NDArray ids) {
    return text.embed(ids);
  }

  @Override
  public NDArray embedTokens(NDArray embedded, DualEncoder.TextBatch batch) {
    try (Scope scope = Scope.open()) {
      NDArray states = text.states(embedded, batch.mask());
      return scope.keep(unit(text.project(text.pool(states, batch.ids()))));
    }
  }

  private static NDArray unit(NDArray vectors) {
    return vectors.div(Ops.normL2(vectors).expandDims(1));
  }

  /**
   * Compares embeddings, as part of the graph if one is recorded.
   *
   * @param images unit vectors {@code [N, D]}
   * @param texts unit vectors {@code [M, D]}
   * @return scaled cosines {@code [N, M]}, with a graph back to the logit scale too
   */
  public NDArray logits(NDArray images, NDArray texts) {
    return images.matMul(texts.transpose()).mul(logScale.exp());
  }

  @Override
  public Linearized linearize(NDArray images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      NDArray leaf = Grad.leaf(images);
      NDArray output = embedImages(leaf);
      Held held = new Held(leaf, output, Grad.detach(output));
      scope.keep(held.leaf);
      scope.keep(held.output);
      scope.keep(held.logits);
      return held;
    }
  }

  private record Held(NDArray leaf, NDArray output, NDArray logits) implements Linearized {
    @Override
    public NDArray pullback(NDArray cotangent) {
      return Grad.vjp(output, leaf, cotangent);
    }

    @Override
    public void close() {
      leaf.close();
      output.close();
      logits.close();
    }
  }

  @Override
  public List<String> layers() {
    return layers;
  }

  @Override
  public NDArray features(NDArray images, String layer) {
    int index = layers.indexOf(layer);
    if (index < 0) {
      throw new IllegalArgumentException(
          "no layer \"" + layer + "\"" + NearNames.hint(layer, layers) + "; there are " + layers);
    }
    return index == layers.size() - 1 ? vision.pooled(images) : vision.states(images, index);
  }

  @Override
  public Shape inputShape() {
    return vision.inputShape();
  }

  /**
   * Copies the model.
   *
   * @param anotherTokenizer a tokenizer for the copy, closed with it
   * @return a model with weights of its own, to be closed by the caller
   */
  public Clip copy(Tokenizer anotherTokenizer) {
    return of(
        text.config(),
        vision.config(),
        projected,
        vision.normalization(),
        anotherTokenizer,
        ParameterCopies.of(parameters.trainable()),
        card);
  }

  /**
   * Returns the text tower.
   *
   * @return owned by this model
   */
  public ClipText text() {
    return text;
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
   * Returns the size of the space that images and texts share.
   *
   * @return at least 1
   */
  public int projected() {
    return projected;
  }

  /**
   * Returns the tokenizer.
   *
   * @return owned by this model
   */
  public Tokenizer tokenizer() {
    return tokenizer;
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
      text.close();
      vision.close();
      tokenizer.close();
      manager.close();
    }
  }

  @Override
  public String toString() {
    return card.architecture() + " " + card.name();
  }
}
