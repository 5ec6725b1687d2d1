package org.safety4j.core.nn.clip;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.text.Tokenizer;

/**
 * CLIP's text tower with its tokenizer, as text-to-image models are steered by: texts padded to the
 * whole length, without a mask, the states of all tokens.
 *
 * <p>Any number of threads may ask at once. The model closes its tokenizer.
 */
public final class ClipTextModel implements Artifact, HasParameters {
  private final NDManager manager;
  private final Parameters parameters;
  private final ClipText tower;
  private final Tokenizer tokenizer;
  private final ClipTokens tokens;

  private ClipTextModel(
      NDManager manager, Parameters parameters, ClipText tower, Tokenizer tokenizer) {
    this.manager = manager;
    this.parameters = parameters;
    this.tower = tower;
    this.tokenizer = tokenizer;
    this.tokens = new ClipTokens(tokenizer, tower.config());
  }

  /**
   * Makes an untrained model.
   *
   * @param config its shape
   * @param tokenizer the tokenizer, closed with the model
   * @param rng what its parameters are drawn from
   * @return the model, to be closed by the caller
   */
  public static ClipTextModel initial(ClipTextConfig config, Tokenizer tokenizer, Rng rng) {
    return of(config, tokenizer, InitialParameters.of(rng));
  }

  /**
   * Builds a model from parameters under the names that Hugging Face gives them.
   *
   * @param config its shape
   * @param tokenizer the tokenizer, closed with the model
   * @param source the parameters
   * @return the model, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if a parameter is missing or has another shape
   * @throws IllegalArgumentException if the tokenizer has more tokens than the model
   */
  public static ClipTextModel of(
      ClipTextConfig config, Tokenizer tokenizer, ParameterSource source) {
    NDManager manager = Tensors.newManager();
    try {
      Parameters parameters = new Parameters(manager, source);
      ClipText tower = ClipText.of(config, parameters, "text_model.", 0);
      try {
        return new ClipTextModel(manager, parameters, tower, tokenizer);
      } catch (RuntimeException e) {
        tower.close();
        throw e;
      }
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /**
   * Turns texts into tokens.
   *
   * @param texts at least one
   * @return int64 {@code [N, positions]}, owned by the caller
   */
  public NDArray tokenize(List<String> texts) {
    return tokens.padded(texts, manager);
  }

  /**
   * Looks tokens up, as part of the graph if one is recorded.
   *
   * @param ids int64 {@code [N, T]}
   * @return {@code [N, T, D]}, owned by the caller
   */
  public NDArray embed(NDArray ids) {
    return tower.embed(ids);
  }

  /**
   * Encodes texts that are given by their tokens' embeddings, as part of the graph if one is
   * recorded.
   *
   * @param embedded {@code [N, T, D]}
   * @return the tokens' states {@code [N, T, D]}, owned by the caller
   */
  public NDArray encode(NDArray embedded) {
    return tower.states(embedded, null);
  }

  /**
   * Returns the shape of the tower.
   *
   * @return its configuration
   */
  public ClipTextConfig config() {
    return tower.config();
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
  public Parameters stored() {
    return parameters;
  }

  @Override
  public void close() {
    tower.close();
    tokenizer.close();
    manager.close();
  }
}
