package org.safety4j.datasets.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ThingScenesTest {
  private static final List<String> NUMBERS = List.of("one", "two", "three", "four");

  private static List<ThingScene> scenes(ThingScenes world, int n) {
    return LongStream.range(0, n).mapToObj(world::scene).toList();
  }

  private static SceneQuestion question(ThingScene scene, SceneQuestion.Kind kind) {
    return scene.questions().stream().filter(q -> q.kind() == kind).findFirst().orElse(null);
  }

  @Test
  void aSceneFollowsFromSeedAndNumber() {
    ThingScene once = ThingScenes.train(3).scene(5);
    ThingScene again = ThingScenes.train(3).scene(5);
    assertThat(again.pixels()).isEqualTo(once.pixels()).hasSize(3 * 32 * 32);
    assertThat(again.questions()).isEqualTo(once.questions());
    assertThat(ThingScenes.train(4).scene(5).pixels()).isNotEqualTo(once.pixels());
    assertThat(ThingScenes.train(3).scene(6).pixels()).isNotEqualTo(once.pixels());
  }

  @Test
  void splitsShareNeitherPicturesNorWordings() {
    List<ThingScene> train = scenes(ThingScenes.train(0), 300);
    List<ThingScene> heldOut = scenes(ThingScenes.heldOut(0), 300);
    Set<String> asked = wordings(train);
    assertThat(asked).hasSizeGreaterThan(70);
    assertThat(wordings(heldOut)).hasSizeGreaterThan(25).doesNotContainAnyElementsOf(asked);
    assertThat(pictures(heldOut)).hasSize(300).doesNotContainAnyElementsOf(pictures(train));
  }

  /** Wordings without case and punctuation. */
  private static Set<String> wordings(List<ThingScene> scenes) {
    return scenes.stream()
        .flatMap(s -> s.questions().stream())
        .map(q -> WorldTemplates.bare(q.text()))
        .collect(Collectors.toCollection(HashSet::new));
  }

  private static Set<Integer> pictures(List<ThingScene> scenes) {
    return scenes.stream().map(s -> Arrays.hashCode(s.pixels())).collect(Collectors.toSet());
  }

  @Test
  void answersSayWhatIsThere() {
    Map<String, Comparator<SceneItem>> sides =
        Map.of(
            "left", Comparator.comparingDouble(SceneItem::x).reversed(),
            "right", Comparator.comparingDouble(SceneItem::x),
            "top", Comparator.comparingDouble(SceneItem::y).reversed(),
            "bottom", Comparator.comparingDouble(SceneItem::y));
    Set<String> seen = new HashSet<>();
    for (ThingScene scene : scenes(ThingScenes.heldOut(1), 200)) {
      List<SceneItem> items = scene.items();
      assertThat(scene.names()).hasSameSizeAs(items);
      assertThat(scene.names())
          .allMatch(n -> items.stream().anyMatch(i -> i.emoji() == ThingScenes.emoji(n)));
      assertThat(question(scene, SceneQuestion.Kind.COLOUR).answer())
          .isEqualTo(scene.backdrop().colour());
      assertThat(question(scene, SceneQuestion.Kind.COUNT).answer())
          .isEqualTo(NUMBERS.get(items.size() - 1));
      assertThat(question(scene, SceneQuestion.Kind.DESCRIBE)).isNull();
      SceneQuestion what = question(scene, SceneQuestion.Kind.WHAT);
      if (items.size() == 1) {
        assertThat(what.answer()).isEqualTo(scene.names().get(0));
      } else if (what != null) {
        String side =
            sides.keySet().stream().filter(what.text()::contains).findFirst().orElseThrow();
        SceneItem first = items.stream().max(sides.get(side)).orElseThrow();
        assertThat(first.emoji()).isEqualTo(ThingScenes.emoji(what.answer()));
        seen.add(side);
      }
    }
    assertThat(seen).hasSize(4);
  }

  @Test
  void trainingScenesAreDescribedFromLeftToRight() {
    for (ThingScene scene : scenes(ThingScenes.train(1), 40)) {
      List<SceneItem> items = scene.items();
      String names =
          items.stream()
              .sorted(Comparator.comparingDouble(SceneItem::x))
              .map(i -> scene.names().get(items.indexOf(i)))
              .collect(Collectors.joining(", "));
      assertThat(question(scene, SceneQuestion.Kind.DESCRIBE).answer())
          .isEqualTo(names + " on " + scene.backdrop().colour());
    }
  }

  @Test
  void allThingsAreInSight() {
    for (ThingScene scene : scenes(ThingScenes.train(2), 60)) {
      int[] owners = new int[32 * 32];
      for (SceneItem item : scene.items()) {
        assertThat(item.area()).isGreaterThanOrEqualTo(20);
        for (int i = 0; i < owners.length; i++) {
          owners[i] += item.visible()[i] > 0.5f ? 1 : 0;
        }
      }
      assertThat(owners).doesNotContain(2, 3, 4);
    }
  }

  @Test
  void thingsCountsAndColoursAreSpread() {
    assertThat(ThingScenes.things()).hasSize(32).doesNotHaveDuplicates();
    assertThat(ThingScenes.things()).noneMatch(t -> ThingScenes.emoji(t).heldOut());
    List<ThingScene> all = scenes(ThingScenes.heldOut(9), 400);
    Map<String, Long> things =
        all.stream()
            .flatMap(s -> s.names().stream())
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    assertThat(things).hasSize(32).allSatisfy((name, n) -> assertThat(n).isBetween(10L, 70L));
    Map<String, Long> answers =
        all.stream()
            .flatMap(s -> s.questions().stream())
            .filter(q -> q.kind() != SceneQuestion.Kind.WHAT)
            .collect(Collectors.groupingBy(SceneQuestion::answer, Collectors.counting()));
    assertThat(answers).hasSize(12);
    NUMBERS.forEach(n -> assertThat(answers.get(n)).as(n).isBetween(60L, 150L));
    Backdrop.colours().forEach(c -> assertThat(answers.get(c)).as(c).isBetween(25L, 85L));
  }

  @Test
  void anUnknownThingIsExplained() {
    assertThatThrownBy(() -> ThingScenes.emoji("aple"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("aple")
        .hasMessageContaining("apple");
  }
}
