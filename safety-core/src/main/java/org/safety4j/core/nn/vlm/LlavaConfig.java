package org.safety4j.core.nn.vlm;

import org.safety4j.core.error.Require;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.clip.ClipVisionConfig;
import org.safety4j.core.nn.lm.LlamaConfig;

/**
 * The shape of a vision-language model in LLaVA's layout.
 *
 * @param vision the vision tower
 * @param language the language model
 * @param visionBlocks after how many blocks the vision tower is read, in [0, its blocks]; one less
 *     than all is usual
 * @param classToken whether the class token is among an image's tokens
 * @param imageToken id of the token that stands for a piece of an image, below the language model's
 *     vocabulary
 * @param activation activation between the projector's layers
 * @param biased whether the projector's layers have biases
 */
public record LlavaConfig(
    ClipVisionConfig vision,
    LlamaConfig language,
    int visionBlocks,
    boolean classToken,
    int imageToken,
    Activation activation,
    boolean biased) {
  /**
   * Checks the numbers. * @throws IllegalArgumentException if one is out of range
   *
   * @param vision the vision tower
   * @param language the language model
   * @param visionBlocks after how many blocks the vision tower is read, in [0, its blocks]; one
   *     less than all is usual
   * @param classToken whether the class token is among an image's tokens
   * @param imageToken id of the token that stands for a piece of an image, below the language
   *     model's vocabulary
   * @param activation activation between the projector's layers
   * @param biased whether the projector's layers have biases
   */
  public LlavaConfig {
    Require.inRange("visionBlocks", visionBlocks, 0, vision.tower().blocks());
    Require.that(
        imageToken >= 0 && imageToken < language.vocabulary(),
        "imageToken must be in [0, " + language.vocabulary() + "), was " + imageToken);
  }

  /**
   * Returns how many tokens an image takes.
   *
   * @return at least 1
   */
  public int imageTokens() {
    return vision.patches() + (classToken ? 1 : 0);
  }
}
