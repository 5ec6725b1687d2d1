package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * Models that embed images and texts in one space, such as CLIP. Images are always float32 {@code
 * [N, C, H, W]} in [0, 1]; normalisation lives inside the model.
 *
 * <pre>{@code
 * ImageClassifier.White birds = clip.zeroShot(List.of("a photo of a hen", "a photo of a duck"));
 * }</pre>
 */
public final class DualEncoder {
  private DualEncoder() {}

  /** Matches only. */
  public interface Black extends BlackBox {
    /**
     * Finds the text that fits each image best.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @param texts what to choose from, at least one
     * @return the number of a text for each image
     */
    int[] match(NDArray images, List<String> texts);

    /**
     * Returns the shape of one image.
     *
     * @return {@code [C, H, W]}
     */
    Shape inputShape();

    /**
     * Shows the model as a classifier with one class a text.
     *
     * @param prompts such as {@code a photo of a cat}, one a class, at least two
     * @return the classifier; closing it leaves this model open
     */
    @View
    default ImageClassifier.Black zeroShot(List<String> prompts) {
      return new ZeroShot.Black(this, prompts);
    }
  }

  /** Matches and embeddings. */
  public interface Gray extends Black, GrayBox {
    /**
     * Embeds images.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @return {@code [N, D]} of length one, outside of any graph; owned by the caller
     */
    NDArray imageEmbeddings(NDArray images);

    /**
     * Embeds texts. A text that is longer than the model reads is cut at its end.
     *
     * @param texts at least one
     * @return {@code [M, D]} of length one, outside of any graph; owned by the caller
     */
    NDArray textEmbeddings(List<String> texts);

    /**
     * Returns what cosines are multiplied by to make logits.
     *
     * @return greater than 0
     */
    double logitScale();

    @Override
    default int[] match(NDArray images, List<String> texts) {
      try (ZeroShot.Gray classifier = new ZeroShot.Gray(this, texts)) {
        return classifier.labels(images);
      }
    }

    @Override
    @View
    default ImageClassifier.Gray zeroShot(List<String> prompts) {
      return new ZeroShot.Gray(this, prompts);
    }
  }

  /**
   * Texts as token ids.
   *
   * @param ids int64 {@code [M, T]}, special tokens and padding included
   * @param mask int64 {@code [M, T]}, 0 for padding
   */
  public record TextBatch(NDArray ids, NDArray mask) implements AutoCloseable {
    @Override
    public void close() {
      ids.close();
      mask.close();
    }
  }

  /** Matches, embeddings and gradients. */
  public interface White extends Gray, WhiteBox {
    /**
     * Embeds images, as part of the graph if one is recorded.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @return {@code [N, D]} of length one; owned by the caller
     */
    NDArray embedImages(NDArray images);

    /**
     * Turns texts into tokens, as {@link #textEmbeddings} reads them.
     *
     * @param texts at least one
     * @return ids and mask, owned by the caller
     */
    @Unmetered
    TextBatch tokenize(List<String> texts);

    /**
     * Looks tokens up, as part of the graph if one is recorded.
     *
     * @param ids int64 {@code [M, T]}
     * @return token embeddings {@code [M, T, E]}; owned by the caller
     */
    @Unmetered
    NDArray tokenEmbeddings(NDArray ids);

    /**
     * Embeds texts that are given by their tokens' embeddings, as part of the graph if one is
     * recorded.
     *
     * @param tokens {@code [M, T, E]}
     * @param batch tells where texts end and what is padding
     * @return {@code [M, D]} of length one; owned by the caller
     */
    NDArray embedTokens(NDArray tokens, TextBatch batch);

    /**
     * Runs the vision side once and holds the graph.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @return embeddings {@code [N, D]} of length one, in the place of logits, and pullback; to be
     *     closed by the caller
     */
    Linearized linearize(NDArray images);

    /**
     * Names the layers of the vision side whose activations can be read.
     *
     * @return names in the order of computation
     */
    List<String> layers();

    /**
     * Reads activations of the vision side, as part of the graph if one is recorded.
     *
     * @param images float32 {@code [N, C, H, W]} in [0, 1]
     * @param layer one of {@link #layers()}
     * @return {@code [N, ...]}; owned by the caller
     * @throws IllegalArgumentException if there is no such layer; the message lists those there are
     */
    NDArray features(NDArray images, String layer);

    /**
     * Returns the manager that the weights hang on; arrays for the same device are made with
     * sub-managers of it.
     *
     * @return the model's manager
     */
    NDManager manager();

    @Override
    @View
    default ImageClassifier.White zeroShot(List<String> prompts) {
      return new ZeroShot.White(this, prompts);
    }
  }
}
