package org.safety4j.datasets.zoo;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The small models of the zoo that have figures of their own. */
enum MiniDesign {
  DDPM("mini-ddpm", true, DdpmRecipe::new),
  CLIP("mini-clip", true, ClipRecipe::new),
  SAM("mini-sam", true, SamRecipe::new),
  ENCODER("mini-encoder", true, EncoderRecipe::new),
  GUARD("mini-guard", true, GuardRecipe::new),
  JUDGE("mini-judge", true, JudgeRecipe::new),
  VLM("mini-vlm", true, VlmRecipe::new),
  CODEC("mini-codec", true, CodecRecipe::new),
  CONCEPTS("mini-concepts", true, ConceptRecipe::new),
  T2I("mini-t2i", true, T2iRecipe::new);

  private final String id;
  private final boolean published;
  private final Supplier<MiniRecipe<?>> recipe;

  MiniDesign(String id, boolean published, Supplier<MiniRecipe<?>> recipe) {
    this.id = id;
    this.published = published;
    this.recipe = recipe;
  }

  static MiniDesign of(String id) {
    return Arrays.stream(values())
        .filter(d -> d.published && d.id.equals(id))
        .findFirst()
        .orElse(null);
  }

  /** Those whose weights come with the library. */
  static List<String> ids() {
    return Arrays.stream(values()).filter(d -> d.published).map(d -> d.id).toList();
  }

  static List<MiniRecipe<?>> recipes() {
    return Arrays.stream(values()).<MiniRecipe<?>>map(MiniDesign::recipe).toList();
  }

  MiniRecipe<?> recipe() {
    return recipe.get();
  }
}
