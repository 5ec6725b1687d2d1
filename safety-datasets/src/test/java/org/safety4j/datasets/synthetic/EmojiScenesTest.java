package org.safety4j.datasets.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.safety4j.datasets.images.Emoji;

class EmojiScenesTest {
  private static final int PLANE = EmojiScenes.SIDE * EmojiScenes.SIDE;

  private static List<Scene> scenes(EmojiScenes world, int n) {
    return LongStream.range(0, n).mapToObj(world::scene).toList();
  }

  @Test
  void aSceneFollowsFromSeedAndNumber() {
    Scene once = EmojiScenes.train(3).scene(5);
    Scene again = EmojiScenes.train(3).scene(5);
    assertThat(again.pixels()).isEqualTo(once.pixels());
    assertThat(again.caption()).isEqualTo(once.caption());
    assertThat(again.questions()).isEqualTo(once.questions());
    assertThat(EmojiScenes.train(4).scene(5).pixels()).isNotEqualTo(once.pixels());
    assertThat(EmojiScenes.train(3).scene(6).pixels()).isNotEqualTo(once.pixels());
  }

  @Test
  void splitsShareNeitherEmojiNorWordings() {
    List<Scene> train = scenes(EmojiScenes.train(0), 40);
    List<Scene> test = scenes(EmojiScenes.heldOut(0), 40);
    assertThat(train).allMatch(s -> s.items().stream().noneMatch(i -> i.emoji().heldOut()));
    assertThat(test).allMatch(s -> s.items().stream().allMatch(i -> i.emoji().heldOut()));
    assertThat(wordings(test)).isNotEmpty().doesNotContainAnyElementsOf(wordings(train));
  }

  /** Questions whose wording names nothing. */
  private static Set<String> wordings(List<Scene> scenes) {
    return scenes.stream()
        .flatMap(s -> s.questions().stream())
        .filter(q -> q.kind() != SceneQuestion.Kind.PRESENCE)
        .map(SceneQuestion::text)
        .collect(Collectors.toCollection(HashSet::new));
  }

  @Test
  void masksAreDisjointAndNeverTiny() {
    for (Scene scene : scenes(EmojiScenes.train(1), 40)) {
      int[] owners = new int[PLANE];
      for (SceneItem item : scene.items()) {
        assertThat(item.area()).isGreaterThanOrEqualTo(30);
        for (int i = 0; i < PLANE; i++) {
          owners[i] += item.visible()[i] > 0.5f ? 1 : 0;
        }
      }
      assertThat(owners).doesNotContain(2, 3, 4);
    }
  }

  @Test
  void outsideOfEveryItemTheBackgroundIsUntouched() {
    for (Scene scene : scenes(EmojiScenes.train(2), 10)) {
      float[] empty = scene.backdrop().paint(EmojiScenes.SIDE);
      int changed = 0;
      for (int i = 0; i < PLANE; i++) {
        double cover = 0;
        for (SceneItem item : scene.items()) {
          cover = Math.max(cover, item.visible()[i]);
        }
        if (cover == 0) {
          assertThat(scene.pixels()[i]).isEqualTo(empty[i]);
        } else if (cover > 0.99) {
          changed += Math.abs(scene.pixels()[i] - empty[i]) > 0.02 ? 1 : 0;
        }
      }
      assertThat(changed).isGreaterThan(30);
    }
  }

  @Test
  void theDeepestPointIsThatOfAWrittenMask() {
    float[] mask = new float[36];
    for (int y = 1; y < 6; y++) {
      for (int x = 0; x < 5; x++) {
        mask[y * 6 + x] = 1;
      }
    }
    Emoji any = Emoji.all().list().get(0);
    SceneItem item = new SceneItem(any, null, 0, 0, 1, 0, mask);
    // Five columns from the left border, five rows down to the lower one: its centre.
    assertThat(item.deepest(6)).isEqualTo(3 * 6 + 2);
    assertThat(item.area()).isEqualTo(25);
  }

  @Test
  void crowdsHideMore() {
    assertThat(leastSeen(EmojiScenes.train(4))).isBetween(0.9, 1.0);
    assertThat(leastSeen(EmojiScenes.train(4).crowded())).isBetween(2 / 3.0, 0.8);
  }

  /** The smallest share of an emoji's area that is left to see. */
  private static double leastSeen(EmojiScenes scenes) {
    double least = 1;
    for (Scene scene : scenes(scenes, 40)) {
      for (SceneItem item : scene.items()) {
        Composition alone = new Composition(EmojiScenes.SIDE, scene.backdrop(), 0, 1);
        alone.add(item.emoji(), item.style(), item.x(), item.y(), item.size(), item.angle());
        least = Math.min(least, item.area() / (double) alone.items().get(0).area());
      }
    }
    return least;
  }

  @Test
  void captionsAndQuestionsSayWhatIsThere() {
    for (Scene scene : scenes(EmojiScenes.heldOut(5), 60)) {
      SceneItem first = scene.items().get(0);
      assertThat(scene.caption()).contains(first.emoji().name(), scene.backdrop().colour());
      assertThat(scene.count(first.emoji())).isPositive();
      assertThat(scene.count(scene.absent())).isZero();
      List<SceneQuestion> questions = scene.questions();
      assertThat(answers(questions, SceneQuestion.Kind.COLOUR))
          .containsExactly(scene.backdrop().colour());
      assertThat(answers(questions, SceneQuestion.Kind.COUNT))
          .containsExactly(List.of("one", "two", "three", "four").get(scene.items().size() - 1));
      assertThat(answers(questions, SceneQuestion.Kind.PRESENCE)).containsExactly("yes", "no");
      for (SceneQuestion question : questions) {
        if (question.kind() == SceneQuestion.Kind.WHAT && question.text().contains("left")) {
          SceneItem leftmost =
              scene.items().stream().min(Comparator.comparingDouble(SceneItem::x)).orElseThrow();
          assertThat(question.answer()).isEqualTo(leftmost.emoji().name());
        }
      }
    }
  }

  private static List<String> answers(List<SceneQuestion> questions, SceneQuestion.Kind kind) {
    return questions.stream().filter(q -> q.kind() == kind).map(SceneQuestion::answer).toList();
  }

  @Test
  void sizesOfScenesAreSpread() {
    List<Scene> all = scenes(EmojiScenes.train(9), 200);
    for (int n = 1; n <= 4; n++) {
      int size = n;
      double share = all.stream().filter(s -> s.items().size() == size).count() / 200.0;
      assertThat(share).as("%d items", n).isBetween(0.05, 0.45);
    }
    double plain =
        all.stream().filter(s -> s.backdrop().pattern() == Backdrop.Pattern.PLAIN).count() / 200.0;
    assertThat(plain).isCloseTo(1 / 6.0, within(0.1));
  }
}
