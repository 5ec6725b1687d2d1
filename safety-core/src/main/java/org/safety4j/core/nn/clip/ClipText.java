package org.safety4j.core.nn.clip;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * CLIP's text tower. Every method is part of the graph if one is recorded.
 *
 * <p><b>Source</b>: Radford et al., "Learning Transferable Visual Models From Natural Language
 * Supervision", ICML 2021. <b>Deviations</b>: none.
 *
 * <p>Parameters hang on the manager of the model that the tower is part of. Any number of threads
 * may ask at once.
 */
public final class ClipText implements AutoCloseable {
  private final ClipTextConfig config;
  private final TorchProgram program;

  private ClipText(ClipTextConfig config, TorchProgram program) {
    this.config = config;
    this.program = program;
  }

  /**
   * Builds a tower.
   *
   * @param config its shape
   * @param parameters takes the parameters of the model that the tower is part of
   * @param prefix what their names in a checkpoint begin with, such as {@code text_model.}
   * @param projected size of the space that texts and images share; 0 for a tower without
   *     projection
   * @return the tower, to be closed by the caller
   */
  public static ClipText of(
      ClipTextConfig config, Parameters parameters, String prefix, int projected) {
    long width = config.tower().width();
    Tower tower = new Tower(parameters, prefix);
    tower.weight("embeddings.token_embedding.weight", config.vocabulary(), width);
    tower.weight("embeddings.position_embedding.weight", config.positions(), width);
    tower.blocks(config.tower());
    tower.norm("final_layer_norm", width);
    if (projected > 0) {
      tower.outside("projection.weight", "text_projection.weight", projected, width);
    } else {
      tower.constant("projection.weight", parameters.constant(new float[1], 1, 1));
    }
    return new ClipText(
        config, tower.compile("text.torch.py", config.tower(), Map.of("END", config.end())));
  }

  /**
   * Looks tokens up.
   *
   * @param ids int64 {@code [N, T]}
   * @return their embeddings, {@code [N, T, D]}, before positions are added
   * @throws IllegalArgumentException if there are more tokens than positions
   */
  public NDArray embed(NDArray ids) {
    Shape shape = ids.getShape();
    Require.that(shape.dimension() == 2, "ids must be [N, T], were " + shape);
    checkLength(shape.get(1));
    return program.one("embed", ids);
  }

  private void checkLength(long tokens) {
    Require.that(
        tokens >= 1 && tokens <= config.positions(),
        "a text must have 1 to " + config.positions() + " tokens, had " + tokens);
  }

  /**
   * Reads texts.
   *
   * @param embedded token embeddings, {@code [N, T, D]}
   * @param mask int64 {@code [N, T]}, 0 for padding; null if there is none, or if padding only
   *     follows what is looked at
   * @return the tokens' states after the last normalisation, {@code [N, T, D]}
   */
  public NDArray states(NDArray embedded, NDArray mask) {
    Shape shape = embedded.getShape();
    Require.that(
        shape.dimension() == 3 && shape.get(2) == config.tower().width(),
        "embedded must be [N, T, " + config.tower().width() + "], was " + shape);
    checkLength(shape.get(1));
    return mask == null
        ? program.one("states", embedded)
        : program.one("states_masked", embedded, mask);
  }

  /**
   * Takes the state at each text's end.
   *
   * @param states {@code [N, T, D]}
   * @param ids int64 {@code [N, T]}, which tell where that is
   * @return {@code [N, D]}
   */
  public NDArray pool(NDArray states, NDArray ids) {
    return program.one("pool", states, ids);
  }

  /**
   * Moves texts into the space that they share with images.
   *
   * @param pooled {@code [N, D]}
   * @return {@code [N, P]}
   */
  public NDArray project(NDArray pooled) {
    return program.one("project", pooled);
  }

  /**
   * Returns the tower's shape.
   *
   * @return its configuration
   */
  public ClipTextConfig config() {
    return config;
  }

  @Override
  public void close() {
    program.close();
  }
}
