package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.TokenListener;
import org.safety4j.core.text.Tokenizer;

/**
 * Language models that also read images. Images are always float32 {@code [M, C, H, W]} in [0, 1];
 * normalisation lives inside the model. In token ids an image is a run of image tokens.
 *
 * <pre>{@code
 * Chat chat = vlm.about(picture);                       // [1, C, H, W]
 * chat.ask("What is in this picture?").text();
 * }</pre>
 */
public final class VisionLanguageModel {
  private VisionLanguageModel() {}

  /** Writes texts about images. */
  public interface Black extends BlackBox {
    /**
     * Returns the model's tokenizer.
     *
     * @return the tokenizer, owned by the model
     */
    Tokenizer tokenizer();

    /**
     * Returns how many tokens the model can read and write together, those of images included.
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
     * Returns the shape of one image.
     *
     * @return {@code [C, H, W]}
     */
    Shape inputShape();

    /**
     * Returns how many tokens an image takes.
     *
     * @return at least 1
     */
    int imageTokenCount();

    /**
     * Returns the token that stands for a piece of an image.
     *
     * @return its id
     */
    int imageToken();

    /**
     * Encodes a prompt.
     *
     * @param text the text; the image token, spelled out once, stands for a whole image; special
     *     tokens that the model expects are added
     * @return its ids, with as many image tokens as each image takes
     */
    @Unmetered
    int[] prompt(String text);

    /**
     * Writes on from a prompt and tells each token at once.
     *
     * @param images all images of the prompt in order, float32 {@code [M, C, H, W]} in [0, 1]; null
     *     for a prompt without images
     * @param prompt token ids, see {@link #prompt}; the last one is not of an image
     * @param decoding how to choose tokens; without beams
     * @param listener hears tokens and may stop
     * @return the completion
     * @throws IllegalArgumentException if prompt and images do not fit together or to the model
     */
    Completion stream(
        NDArray images, @Samples int[] prompt, Decoding decoding, TokenListener listener);

    /**
     * Writes on from a prompt.
     *
     * @param images all images of the prompt in order, float32 {@code [M, C, H, W]} in [0, 1]; null
     *     for a prompt without images
     * @param prompt token ids, see {@link #prompt}; the last one is not of an image
     * @param decoding how to choose tokens; without beams
     * @return the completion
     * @throws IllegalArgumentException if prompt and images do not fit together or to the model
     */
    @View
    default Completion generate(NDArray images, int[] prompt, Decoding decoding) {
      return stream(images, prompt, decoding, TokenListener.SILENT);
    }

    /**
     * Shows the model as a chat about images, with the template that came with it. A conversation
     * has the images where its messages have image parts, in order; one without image parts has
     * them at the start of its first user's message.
     *
     * @param images float32 {@code [M, C, H, W]} in [0, 1]; stays the caller's and must outlive the
     *     chat
     * @return a view; closing it leaves the model open
     * @throws UnsupportedModel if the model came without a template
     */
    @View
    default Chat about(NDArray images) {
      return about(
          images,
          chatTemplate()
              .orElseThrow(
                  () ->
                      new UnsupportedModel(
                          "model "
                              + card().name()
                              + " came without a chat template; pass one: about(images, template)")));
    }

    /**
     * Shows the model as a chat about images.
     *
     * @param images float32 {@code [M, C, H, W]} in [0, 1]; stays the caller's and must outlive the
     *     chat
     * @param template how a conversation becomes a prompt; it must spell the image token out where
     *     an image stands
     * @return a view; closing it leaves the model open
     */
    @View
    default Chat about(NDArray images, ChatTemplate template) {
      return new VlmChat(this, images, template);
    }
  }

  /** Writes texts about images and scores them. */
  public interface Gray extends Black, GrayBox {
    /**
     * Scores the next token at every position.
     *
     * @param images all images in order, row after row, float32 {@code [M, C, H, W]} in [0, 1];
     *     null for rows without images
     * @param ids int64 {@code [B, T]}, image tokens included
     * @param context padding, and for which positions logits are wanted
     * @return logits {@code [B, T or last, V]}, outside of any graph; owned by the caller
     */
    NDArray logits(NDArray images, @Samples NDArray ids, LmContext context);

    /**
     * Computes the log-probability of each token after the first, given those before it and the
     * images.
     *
     * @param images all images of the row in order; null for a row without images
     * @param row token ids, at least two, image tokens included
     * @return one number less than the row has tokens
     */
    double[] logProbabilities(NDArray images, @Samples int[] row);
  }

  /**
   * Full access. What its methods return is part of the graph if one is recorded, to images, token
   * embeddings and parameters that ask for gradients.
   */
  public interface White extends Gray, WhiteBox {
    /**
     * Turns images into tokens of the language model.
     *
     * @param images float32 {@code [M, C, H, W]} in [0, 1]
     * @return {@code [M, P, D]}; owned by the caller
     */
    NDArray imageTokens(NDArray images);

    /**
     * Looks tokens up.
     *
     * @param ids int64 {@code [B, T]}
     * @return {@code [B, T, D]}; owned by the caller
     */
    @Unmetered
    NDArray tokenEmbeddings(NDArray ids);

    /**
     * Puts images' tokens where ids name the image token.
     *
     * @param tokens token embeddings {@code [B, T, D]}
     * @param ids int64 {@code [B, T]}
     * @param images {@code [M, P, D]}, all images in order, row after row
     * @return {@code [B, T, D]}; owned by the caller
     * @throws IllegalArgumentException if ids have places for another number of images
     */
    @Unmetered
    NDArray splice(NDArray tokens, NDArray ids, NDArray images);

    /**
     * Scores the next token at every position, from embeddings.
     *
     * @param embeddings {@code [B, T, D]}
     * @param context padding, and for which positions logits are wanted
     * @return logits {@code [B, T or last, V]}; owned by the caller
     */
    NDArray logitsOf(NDArray embeddings, LmContext context);

    /**
     * Scores the next token at every position, as part of the graph if one is recorded.
     *
     * @param images all images in order, row after row, float32 {@code [M, C, H, W]} in [0, 1];
     *     null for rows without images
     * @param ids int64 {@code [B, T]}, image tokens included
     * @param context padding, and for which positions logits are wanted
     * @return logits {@code [B, T or last, V]}; owned by the caller
     */
    default NDArray logitsRecorded(NDArray images, @Samples NDArray ids, LmContext context) {
      try (Scope scope = Scope.open()) {
        NDArray tokens = tokenEmbeddings(ids);
        if (images != null) {
          tokens = splice(tokens, ids, imageTokens(images));
        }
        return scope.keep(logitsOf(tokens, context));
      }
    }

    /**
     * Computes a loss and its gradient for images. No gradient of a weight is computed.
     *
     * @param images all images in order, row after row, float32 {@code [M, C, H, W]} in [0, 1]
     * @param ids int64 {@code [B, T]}, image tokens included
     * @param context padding, and for which positions logits are wanted
     * @param loss maps logits to a scalar or one value a row; its values are summed
     * @return loss and gradient in the images' shape
     */
    default ValueAndGradient gradient(
        NDArray images, @Samples NDArray ids, LmContext context, UnaryOperator<NDArray> loss) {
      return Grad.of(x -> loss.apply(logitsRecorded(x, ids, context)), images);
    }

    /**
     * Names the parts that have weights.
     *
     * @return {@code vision} with the projector, and {@code language}
     */
    Map<String, Trainable> parts();

    /**
     * Returns the manager that the vision tower's weights hang on; arrays for the same device are
     * made with sub-managers of it.
     *
     * @return the model's manager
     */
    NDManager manager();
  }
}
