package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.LogitProcessor;
import org.safety4j.core.text.TokenListener;
import org.safety4j.core.text.Tokenizer;

/**
 * Language models that write from left to right.
 *
 * <pre>{@code
 * try (CausalLm.White lm = Models.causalLm(Path.of("model.gguf"))) {
 *   lm.complete("Once upon a time", Decoding.greedy(40));
 *   lm.asChat().ask("What is the capital of France?");
 * }
 * }</pre>
 */
public final class CausalLm {
  private CausalLm() {}

  /** Writes texts. */
  public interface Black extends BlackBox {
    /**
     * Returns the model's tokenizer.
     *
     * @return the tokenizer, owned by the model
     */
    Tokenizer tokenizer();

    /**
     * Returns how many tokens the model can read and write together.
     *
     * @return at least 1
     */
    int contextLength();

    /**
     * Returns the chat template that came with the model.
     *
     * @return the template, or empty if there is none
     */
    Optional<ChatTemplate> chatTemplate();

    /**
     * Writes on from prompts, as one batch.
     *
     * @param prompts token ids, at least one a prompt
     * @param decoding how to choose tokens
     * @return one completion a prompt
     * @throws IllegalArgumentException if a prompt is empty, has an id that the model does not
     *     know, or leaves no room for the tokens to write
     */
    List<Completion> generate(List<int[]> prompts, Decoding decoding);

    /**
     * Writes on from one prompt and tells each token at once.
     *
     * @param prompt token ids, at least one
     * @param decoding how to choose tokens; without beams
     * @param listener hears tokens and may stop
     * @return the completion
     * @throws IllegalArgumentException if the prompt does not fit, or beams are asked for
     */
    Completion stream(int[] prompt, Decoding decoding, TokenListener listener);

    /**
     * Writes on from a text.
     *
     * @param prompt the text; special tokens that it spells out are recognised, those that the
     *     model expects are added
     * @param decoding how to choose tokens
     * @return what was written
     */
    @View
    default String complete(String prompt, Decoding decoding) {
      return generate(List.of(tokenizer().encodeFull(prompt)), decoding).get(0).text();
    }

    /**
     * Writes on from a text and tells it piece by piece.
     *
     * @param prompt the text; special tokens that it spells out are recognised, those that the
     *     model expects are added
     * @param decoding how to choose tokens; without beams
     * @param listener hears the text in pieces
     * @return all that was written
     */
    @View
    default String complete(String prompt, Decoding decoding, Consumer<String> listener) {
      return stream(
              tokenizer().encodeFull(prompt),
              decoding,
              (id, text) -> {
                if (!text.isEmpty()) {
                  listener.accept(text);
                }
                return true;
              })
          .text();
    }

    /**
     * Shows the model as a chat with the template that came with it.
     *
     * @return a view; closing it leaves the model open
     * @throws org.safety4j.core.error.UnsupportedModel if the model came without a template
     */
    @View
    default Chat asChat() {
      return new LmChat(this, LmChat.templateOf(this));
    }

    /**
     * Shows the model as a chat.
     *
     * @param template how a conversation becomes a prompt
     * @return a view; closing it leaves the model open
     */
    @View
    default Chat asChat(ChatTemplate template) {
      return new LmChat(this, template);
    }
  }

  /** Writes texts and scores them. */
  public interface Gray extends Black, GrayBox {
    /**
     * Scores the next token at every position.
     *
     * @param ids int64 {@code [B, T]}
     * @param context prefix, padding, and for which positions logits are wanted
     * @return logits {@code [B, T or last, V]}, outside of any graph; owned by the caller
     * @throws IllegalArgumentException if the rows do not fit the model or the context
     */
    NDArray logits(NDArray ids, LmContext context);

    /**
     * Scores the next token of each row.
     *
     * @param rows token ids; lengths may differ
     * @return logits {@code [rows, V]} on the model's manager, to be closed by the caller
     */
    NDArray nextLogits(List<int[]> rows);

    /**
     * Computes the log-probability of each token after the first, given those before it.
     *
     * @param rows token ids, at least two a row; lengths may differ
     * @return one array a row, one shorter than the row
     */
    List<double[]> logProbabilities(List<int[]> rows);

    /**
     * Writes on from prompts while something else changes the scores.
     *
     * @param prompts token ids, at least one a prompt
     * @param decoding how to choose tokens; without beams
     * @param processor changes the scores before each choice
     * @return one completion a prompt
     * @throws IllegalArgumentException if a prompt does not fit, or beams are asked for
     */
    List<Completion> generate(List<int[]> prompts, Decoding decoding, LogitProcessor processor);

    /**
     * Writes on from prompts that all stand behind a remembered text.
     *
     * @param prompts token ids behind the prefix, at least one a prompt
     * @param decoding how to choose tokens; without beams
     * @param prefix what this model remembered
     * @return one completion a prompt
     * @throws IllegalArgumentException if a prompt does not fit, or beams are asked for
     */
    List<Completion> generate(List<int[]> prompts, Decoding decoding, KvPrefix prefix);

    /**
     * Writes on from one prompt that stands behind a remembered text and tells each token at once.
     *
     * @param prompt token ids behind the prefix, at least one
     * @param decoding how to choose tokens; without beams
     * @param prefix what this model remembered
     * @param listener hears tokens and may stop
     * @return the completion
     * @throws IllegalArgumentException if the prompt does not fit, or beams are asked for
     */
    Completion stream(int[] prompt, Decoding decoding, KvPrefix prefix, TokenListener listener);

    /**
     * Reads a text once, so that it can stand before others.
     *
     * @param ids token ids, at least one
     * @return the remembered text, to be closed by the caller
     */
    KvPrefix remember(int[] ids);

    /**
     * Returns the size of the model's vocabulary, which may exceed the tokenizer's.
     *
     * @return the number of logits
     */
    int vocabularySize();
  }

  /**
   * Changes the state between blocks: steering, ablation, patching. Applies to reading, writing and
   * gradients alike.
   *
   * <pre>{@code
   * CausalLm.White steered = lm.withHook(CausalLm.Hook.adding(12, direction.mul(4f)));
   * }</pre>
   */
  @FunctionalInterface
  public interface Hook {
    /**
     * Changes a state. Called for layer 0 (token embeddings, with positions where the model adds
     * them), for the output of each block (layers 1 to blocks), in this order. Operations that DJL
     * records keep the gradient.
     *
     * @param layer which state
     * @param state {@code [B, T, D]}
     * @return the state to go on with, of the same shape
     */
    NDArray at(int layer, NDArray state);

    /**
     * Adds a vector to a layer's state.
     *
     * @param layer which state
     * @param vector what broadcasts to {@code [B, T, D]}
     * @return the hook
     */
    static Hook adding(int layer, NDArray vector) {
      return (at, state) -> at == layer ? state.add(vector) : state;
    }

    /**
     * Removes directions from every state.
     *
     * @param directions orthonormal rows {@code [K, D]}
     * @return the hook
     */
    static Hook ablating(NDArray directions) {
      return (at, state) -> state.sub(state.matMul(directions.transpose()).matMul(directions));
    }

    /**
     * Applies another hook after this one, at every layer.
     *
     * @param next the other hook
     * @return both
     */
    default Hook and(Hook next) {
      return (layer, state) -> next.at(layer, at(layer, state));
    }
  }

  /**
   * What a reading shows. Part of the graph if one is recorded.
   *
   * @param logits {@code [B, T, V]}
   * @param hidden states {@code [B, T, D]}: token embeddings, then every block's output, the last
   *     one after the final normalisation
   * @param attention weights {@code [B, H, T, S]} of every block, S positions with the prefix
   */
  public record Trace(NDArray logits, NDList hidden, NDList attention) {}

  /** Full access. */
  public interface White extends Gray, WhiteBox {
    /**
     * Looks up token embeddings.
     *
     * @param ids int64 of any shape
     * @return {@code [..., D]}; owned by the caller
     */
    @Unmetered
    NDArray embed(NDArray ids);

    /**
     * Multiplies states with all token embeddings. With a gradient for embeddings this is the
     * gradient for one-hot tokens.
     *
     * @param states {@code [..., D]}
     * @return {@code [..., V]}; owned by the caller
     */
    @Unmetered
    NDArray onEmbeddings(NDArray states);

    /**
     * Scores the next token at every position, from embeddings; part of the graph if one is
     * recorded.
     *
     * @param embeddings {@code [B, T, D]}
     * @param context prefix, padding, and for which positions logits are wanted
     * @return logits {@code [B, T or last, V]}; owned by the caller
     * @throws IllegalArgumentException if the rows do not fit the model or the context
     */
    NDArray logitsOf(NDArray embeddings, LmContext context);

    /**
     * Computes a loss and its gradient for embeddings. No gradient of a weight is computed.
     *
     * @param embeddings {@code [B, T, D]}
     * @param context prefix, padding, and for which positions logits are wanted
     * @param loss maps logits to a scalar or one value a row; its values are summed
     * @return loss and gradient in the embeddings' shape
     */
    default ValueAndGradient gradient(
        NDArray embeddings, LmContext context, UnaryOperator<NDArray> loss) {
      return Grad.of(e -> loss.apply(logitsOf(e, context)), embeddings);
    }

    /**
     * Reads embeddings once, so that they can stand before texts: tokens that are not of the
     * vocabulary, such as those of an image.
     *
     * @param ids what the positions are called, one a position
     * @param embeddings {@code [1, T, D]}
     * @return what was read, to be closed by the caller
     * @throws IllegalArgumentException if the lengths differ or exceed the context
     */
    KvPrefix remember(int[] ids, NDArray embeddings);

    /**
     * Reads rows and shows what happens inside.
     *
     * @param embeddings {@code [B, T, D]}
     * @param context prefix and padding; {@code last} is ignored
     * @return logits, states and attention maps; owned by the caller
     */
    Trace trace(NDArray embeddings, LmContext context);

    /**
     * Returns the same model with the state changed between its blocks.
     *
     * @param hook what changes it; applied after an earlier hook
     * @return a view that shares the weights; closing it leaves the model open
     */
    White withHook(Hook hook);

    /**
     * Returns the number of blocks.
     *
     * @return at least 1
     */
    int blocks();

    /**
     * Returns the number of attention heads of a block.
     *
     * @return at least 1
     */
    int heads();

    /**
     * Returns the size of a state.
     *
     * @return at least 1
     */
    int width();

    /**
     * Returns the manager that the weights hang on; arrays for the same device are made with
     * sub-managers of it.
     *
     * @return the model's manager
     */
    NDManager manager();
  }
}
