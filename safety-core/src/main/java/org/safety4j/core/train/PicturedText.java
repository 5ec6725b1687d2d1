package org.safety4j.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.TrainableVlm;
import org.safety4j.core.tensor.Scope;

/**
 * A text about a picture, or without one, for the training of a vision-language model.
 *
 * <pre>{@code
 * TokenSequence chat = TokenSequence.chat(messages, template, vlm.tokenizer());
 * PicturedText.of(vlm, chat, pixels);
 * }</pre>
 *
 * @param text the tokens, image tokens included
 * @param pixels planes of the picture in [0, 1], in the model's shape; null for none. Not copied
 */
public record PicturedText(TokenSequence text, float[] pixels) {
  /**
   * Makes room for the picture's tokens.
   *
   * @param model the model under training
   * @param text the tokens, with the image token once where the picture stands; without it where
   *     there is no picture
   * @param pixels planes of the picture in [0, 1], in the model's shape; null for none
   * @return the pictured text
   */
  public static PicturedText of(TrainableVlm model, TokenSequence text, float[] pixels) {
    return new PicturedText(text.repeating(model.imageToken(), model.imageTokenCount()), pixels);
  }

  /**
   * Computes the mean cross-entropy over all tokens to be learnt in a batch. Short texts share rows
   * and do not see one another; all pictures go through the tower together.
   *
   * @param model the model under training
   * @param batch the texts, at least 1
   * @param rowLength tokens of a row that texts are packed into, at least 1; a longer text makes
   *     the rows of its batch longer
   * @return a scalar, part of the graph if one is recorded
   * @throws IllegalArgumentException if a text has places for another number of pictures, a picture
   *     another size, or a text exceeds the model's context
   */
  public static NDArray loss(TrainableVlm model, List<PicturedText> batch, int rowLength) {
    Require.notEmpty("batch", batch);
    Require.atLeast("rowLength", rowLength, 1);
    NDManager manager = model.manager();
    try (Scope scope = Scope.open();
        TokenPacking packing =
            TokenPacking.of(manager, batch.stream().map(PicturedText::text).toList(), rowLength)) {
      List<float[]> pictures = new ArrayList<>();
      for (int i : packing.order()) {
        if (batch.get(i).pixels() != null) {
          pictures.add(batch.get(i).pixels());
        }
      }
      NDArray images = pictures.isEmpty() ? null : images(manager, pictures, model.inputShape());
      return scope.keep(model.learnt(images, packing.rows()).mean().neg());
    }
  }

  private static NDArray images(NDManager manager, List<float[]> pictures, Shape one) {
    int size = Math.toIntExact(one.size());
    float[] all = new float[pictures.size() * size];
    for (int i = 0; i < pictures.size(); i++) {
      Require.that(
          pictures.get(i).length == size,
          "pixels must be of shape " + one + ", were " + pictures.get(i).length + " numbers");
      System.arraycopy(pictures.get(i), 0, all, i * size, size);
    }
    return manager.create(all, new Shape(pictures.size()).addAll(one));
  }
}
