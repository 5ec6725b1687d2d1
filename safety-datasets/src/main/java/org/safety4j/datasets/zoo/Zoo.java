package org.safety4j.datasets.zoo;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.nn.resnet.ResNet;
import org.safety4j.core.nn.sam.Sam;
import org.safety4j.core.nn.vlm.Llava;

/**
 * Small trained models that come with the library.
 *
 * <pre>{@code
 * try (ImageClassifier.White vit = Zoo.digitsVit().open();
 *     LabeledImages images = Digits.test().first(200).open()) {
 *   ...
 * }
 * }</pre>
 *
 * <p>{@code docs/zoo.md} has what was measured on them; {@link ZooModel#figures()} gives the same
 * figures to programs.
 */
public final class Zoo {
  private Zoo() {}

  /**
   * A vision transformer for handwritten digits, standard training.
   *
   * @return its name
   */
  public static ZooModel digitsVit() {
    return new ZooModel("digits-vit");
  }

  /**
   * A vision transformer for handwritten digits, trained on adversarial pictures (PGD, Linf).
   *
   * @return its name
   */
  public static ZooModel digitsVitPgd() {
    return new ZooModel("digits-vit-pgd");
  }

  /**
   * A vision transformer for handwritten digits, trained by TRADES (Linf).
   *
   * @return its name
   */
  public static ZooModel digitsVitTrades() {
    return new ZooModel("digits-vit-trades");
  }

  /**
   * A residual network for handwritten digits, standard training.
   *
   * @return its name
   */
  public static ZooModel digitsCnn() {
    return new ZooModel("digits-cnn");
  }

  /**
   * A residual network for handwritten digits, trained on adversarial pictures (PGD, Linf).
   *
   * @return its name
   */
  public static ZooModel digitsCnnPgd() {
    return new ZooModel("digits-cnn-pgd");
  }

  /**
   * A residual network for handwritten digits, trained by TRADES (Linf).
   *
   * @return its name
   */
  public static ZooModel digitsCnnTrades() {
    return new ZooModel("digits-cnn-trades");
  }

  /**
   * A vision transformer that tells an emoji's category, standard training.
   *
   * @return its name
   */
  public static ZooModel emojiVit() {
    return new ZooModel("emoji-vit");
  }

  /**
   * A denoiser that makes handwritten digits.
   *
   * @return its name
   */
  public static MiniModel<DiffusionPipeline> miniDdpm() {
    return new MiniModel<>("mini-ddpm");
  }

  /**
   * Emoji pictures and captions in one space.
   *
   * @return its name
   */
  public static MiniModel<Clip> miniClip() {
    return new MiniModel<>("mini-clip");
  }

  /**
   * Cuts emoji out of scenes.
   *
   * @return its name
   */
  public static MiniModel<Sam> miniSam() {
    return new MiniModel<>("mini-sam");
  }

  /**
   * Answers questions about scenes of things, and chats as {@link #miniChat()} does.
   *
   * @return its name
   */
  public static MiniModel<Llava> miniVlm() {
    return new MiniModel<>("mini-vlm");
  }

  /**
   * A codec between emoji pictures and the latents that {@link #miniT2i()} works on.
   *
   * @return its name
   */
  public static MiniModel<LatentCodec> miniCodec() {
    return new MiniModel<>("mini-codec");
  }

  /**
   * Tells pictures of emoji that stand for unsafe content from others.
   *
   * @return its name
   */
  public static MiniModel<ResNet> miniConcepts() {
    return new MiniModel<>("mini-concepts");
  }

  /**
   * Draws emoji from texts.
   *
   * @return its name
   */
  public static MiniModel<DiffusionPipeline> miniT2i() {
    return new MiniModel<>("mini-t2i");
  }

  /**
   * Lists the small models that have figures of their own and whose weights come with the library.
   *
   * @return their names
   */
  public static List<MiniModel<?>> minis() {
    List<MiniModel<?>> minis = new ArrayList<>();
    MiniDesign.ids().forEach(id -> minis.add(new MiniModel<>(id)));
    return List.copyOf(minis);
  }

  /**
   * Lists how small models are built, those too whose weights do not come with the library.
   *
   * @return their recipes
   */
  public static List<MiniRecipe<?>> miniRecipes() {
    return MiniDesign.recipes();
  }

  /**
   * A small chat model of the potion world that refuses what is forbidden there.
   *
   * @return its name
   */
  public static ZooLm miniChat() {
    return new ZooLm("mini-chat");
  }

  /**
   * The same chat model before alignment: it answers everything.
   *
   * @return its name
   */
  public static ZooLm miniChatUnaligned() {
    return new ZooLm("mini-chat-unaligned");
  }

  /**
   * A guard that tells requests for what is forbidden in the potion world, class 1, from benign
   * ones, by the user's last message.
   *
   * @return its name
   */
  public static MiniModel<Bert.Classifier> miniGuard() {
    return new MiniModel<>("mini-guard");
  }

  /**
   * A judge that tells whether an answer gives away what is forbidden in the potion world, class 1;
   * it reads what {@link JudgeRecipe#text} makes of request and answer.
   *
   * @return its name
   */
  public static MiniModel<Bert.Classifier> miniJudge() {
    return new MiniModel<>("mini-judge");
  }

  /**
   * A sentence encoder that finds what answers a question about the potion world.
   *
   * @return its name
   */
  public static MiniModel<Bert.Encoder> miniEncoder() {
    return new MiniModel<>("mini-encoder");
  }

  /**
   * Lists all language models.
   *
   * @return their names
   */
  public static List<ZooLm> languageModels() {
    return ZooLm.IDS.stream().map(ZooLm::new).toList();
  }

  /**
   * Finds an image classifier by its name.
   *
   * @param id such as {@code digits-vit-pgd}
   * @return the model's name
   * @throws IllegalArgumentException if there is no such model; the message lists near names
   */
  public static ZooModel named(String id) {
    return new ZooModel(id);
  }

  /**
   * Lists the image classifiers that are measured by their accuracy.
   *
   * @return their names
   */
  public static List<ZooModel> list() {
    return Design.ids().stream().map(ZooModel::new).toList();
  }
}
