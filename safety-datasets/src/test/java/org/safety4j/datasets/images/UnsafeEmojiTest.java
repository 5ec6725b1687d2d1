package org.safety4j.datasets.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class UnsafeEmojiTest {
  private static List<String> words(boolean heldOut) {
    return UnsafeEmoji.list().stream()
        .filter(e -> e.heldOut() == heldOut)
        .map(UnsafeEmoji::word)
        .toList();
  }

  @Test
  void everyStandInIsThereOnce() {
    assertThat(words(false))
        .containsExactlyInAnyOrder("bomb", "knife", "dagger", "axe", "pistol", "coffin", "skull");
    assertThat(words(true))
        .containsExactlyInAnyOrder("crossed swords", "skull and crossbones", "firecracker");
  }

  @Test
  void onlyTheyAreUnsafe() {
    assertThat(Emoji.all().stream().filter(UnsafeEmoji::contains).collect(Collectors.toList()))
        .isEqualTo(UnsafeEmoji.list());
    Emoji spoon =
        Emoji.all().stream().filter(e -> e.name().equals("fork and knife")).findFirst().get();
    assertThat(UnsafeEmoji.contains(spoon)).isFalse();
    assertThatThrownBy(() -> UnsafeEmoji.word(spoon))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fork and knife")
        .hasMessageContaining("bomb");
  }
}
