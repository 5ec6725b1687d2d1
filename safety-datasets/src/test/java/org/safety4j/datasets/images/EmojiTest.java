package org.safety4j.datasets.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.safety4j.core.data.LabeledImages;

class EmojiTest {
  @Test
  void theSetIsWholeAndNamed() {
    assertThat(Emoji.all().size()).isEqualTo(1906);
    assertThat(EmojiSet.categories()).hasSize(9).contains("Food & Drink", "Flags");
    assertThat(Emoji.all().list())
        .allSatisfy(
            e -> {
              assertThat(e.name()).isNotBlank();
              assertThat(e.keywords()).isNotEmpty();
              assertThat(e.character()).isNotEmpty();
            });
    assertThat(Emoji.all().stream().map(Emoji::codePoints).distinct()).hasSize(1906);
    Emoji tomato =
        Emoji.all().stream().filter(e -> e.name().equals("tomato")).findFirst().orElseThrow();
    assertThat(tomato.character()).isEqualTo("\uD83C\uDF45");
    assertThat(tomato.category()).isEqualTo("Food & Drink");
  }

  @Test
  void picturesBelongToTheirNames() {
    Emoji tomato =
        Emoji.all().stream().filter(e -> e.name().equals("tomato")).findFirst().orElseThrow();
    float[] rgba = tomato.rgba();
    int centre = 18 * 32 + 12;
    assertThat(rgba[centre]).isGreaterThan(0.8f);
    assertThat(rgba[1024 + centre]).isLessThan(0.5f);
    assertThat(rgba[2048 + centre]).isLessThan(0.5f);
    assertThat(rgba[3072 + centre]).isEqualTo(1f);
    assertThat(rgba[3072]).isZero();
    assertThat(Emoji.all().stream().mapToDouble(e -> max(e.rgba())).min().orElseThrow())
        .isGreaterThan(0.9);
  }

  private static double max(float[] rgba) {
    double most = 0;
    for (int i = 3072; i < 4096; i++) {
      most = Math.max(most, rgba[i]);
    }
    return most;
  }

  @Test
  void aFifthOfEveryCategoryIsHeldOut() {
    assertThat(Emoji.all().train().size() + Emoji.all().test().size()).isEqualTo(1906);
    for (String category : EmojiSet.categories()) {
      double share =
          Emoji.all().test().category(category).size()
              / (double) Emoji.all().category(category).size();
      assertThat(share).as(category).isCloseTo(0.2, Offset.offset(0.01));
    }
    assertThatThrownBy(() -> Emoji.all().test().train()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void peopleThatDifferOnlyInGenderStayTogether() {
    Set<String> test = bases(Emoji.all().test());
    assertThat(test).isNotEmpty().doesNotContainAnyElementsOf(bases(Emoji.all().train()));
  }

  private static Set<String> bases(EmojiSet set) {
    return set.category("People & Body").stream()
        .map(
            e ->
                e.codePoints()
                    .replaceAll("1F46[89]|1F9D1", "P")
                    .replaceAll("-(200D|2640|2642|27A1|FE0F)", ""))
        .collect(Collectors.toCollection(HashSet::new));
  }

  @Test
  void imagesLieOverTheBackground() {
    EmojiSet food = Emoji.all().category("Food & Drink");
    try (LabeledImages white = food.asImages(Rgb.WHITE).first(5).open();
        LabeledImages black = food.asImages(Rgb.BLACK).first(5).open()) {
      assertThat(white.images().getShape().getShape()).containsExactly(5, 3, 32, 32);
      assertThat(white.labels()).containsOnly(EmojiSet.categories().indexOf("Food & Drink"));
      float[] onWhite = white.images().toFloatArray();
      float[] onBlack = black.images().toFloatArray();
      float[] rgba = food.list().get(0).rgba();
      for (int i = 0; i < 3072; i++) {
        float alpha = rgba[3072 + i % 1024];
        assertThat(onWhite[i] - onBlack[i]).isCloseTo(1 - alpha, Offset.offset(1e-6f));
        assertThat(onBlack[i]).isCloseTo(alpha * rgba[i], Offset.offset(1e-6f));
      }
    }
  }

  @Test
  void bothStylesShowTheSameThing() {
    Emoji tomato =
        Emoji.all().stream().filter(e -> e.name().equals("tomato")).findFirst().orElseThrow();
    float[] noto = tomato.rgba(EmojiStyle.NOTO);
    int centre = 18 * 32 + 12;
    assertThat(noto[centre]).isGreaterThan(0.8f);
    assertThat(noto[1024 + centre]).isLessThan(0.5f);
    assertThat(noto).isNotEqualTo(tomato.rgba());
    assertThat(
            Emoji.all().stream().mapToDouble(e -> max(e.rgba(EmojiStyle.NOTO))).min().orElseThrow())
        .isGreaterThan(0.9);
    ImageSet set = Emoji.all().test().asImages(Rgb.WHITE, EmojiStyle.NOTO);
    assertThat(set.id()).isEqualTo("emoji-test-noto");
    assertThat(set.size()).isEqualTo(382);
  }

  @Test
  void transparencyCanBeKept() {
    EmojiSet food = Emoji.all().category("Food & Drink");
    try (LabeledImages kept = food.asRgba().first(2).open()) {
      assertThat(kept.name()).isEqualTo("emoji-food-drink-rgba-first-2");
      assertThat(kept.images().getShape().getShape()).containsExactly(2, 4, 32, 32);
      assertThat(kept.images().toFloatArray())
          .startsWith(food.list().get(0).rgba())
          .endsWith(food.list().get(1).rgba());
    }
  }

  @Test
  void namesIdentifyTheChoiceAndSurviveSerialisation() throws IOException, ClassNotFoundException {
    ImageSet set = Emoji.all().test().category("Flags", "Activities").asImages(Rgb.GREY).first(3);
    assertThat(set.id()).isEqualTo("emoji-test-activities-flags-over-0.5-0.5-0.5-first-3");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(set);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(set);
    }
  }

  @Test
  void unknownCategoriesListTheKnown() {
    assertThatThrownBy(() -> Emoji.all().category("Food"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Food & Drink")
        .hasMessageContaining("\"Food\"");
  }

  @Test
  void contentsAreFixed() {
    try (LabeledImages test = Emoji.all().test().asImages(Rgb.WHITE).open()) {
      assertThat(test.checksum()).isEqualTo("a2fc9e0e3ed86b88");
    }
    try (LabeledImages noto = Emoji.all().test().asImages(Rgb.WHITE, EmojiStyle.NOTO).open()) {
      assertThat(noto.checksum()).isEqualTo("2f3e021764ee818a");
    }
  }
}
