package org.safety4j.datasets.synthetic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.safety4j.datasets.images.Emoji;

/**
 * A picture of some emoji over a textured background, and everything that is true of it.
 *
 * @param side rows and columns
 * @param pixels planes R, G, B in [0, 1], {@code side} rows of {@code side} samples each
 * @param backdrop the background
 * @param items the emoji, the farthest first
 * @param heldOut whether it is of the held-out part
 * @param absent an emoji that is not there, for questions
 * @param seed what wordings are drawn from
 */
public record Scene(
    int side,
    float[] pixels,
    Backdrop backdrop,
    List<SceneItem> items,
    boolean heldOut,
    Emoji absent,
    long seed) {
  private static final List<String> NUMBERS = List.of("no", "one", "two", "three", "four", "five");
  private static final Map<SceneQuestion.Kind, List<String>> TRAIN =
      Map.of(
          SceneQuestion.Kind.WHAT, List.of("what is at the %s?", "which emoji is at the %s?"),
          SceneQuestion.Kind.COLOUR,
              List.of("what colour is the background?", "which colour is behind the emoji?"),
          SceneQuestion.Kind.COUNT,
              List.of("how many emoji are there?", "count the emoji in the picture."),
          SceneQuestion.Kind.PRESENCE, List.of("is there a %s?", "can you see a %s?"));
  private static final Map<SceneQuestion.Kind, List<String>> HELD_OUT =
      Map.of(
          SceneQuestion.Kind.WHAT, List.of("name the emoji that lies at the %s."),
          SceneQuestion.Kind.COLOUR, List.of("tell me the colour of the background."),
          SceneQuestion.Kind.COUNT, List.of("what is the number of emoji here?"),
          SceneQuestion.Kind.PRESENCE, List.of("does the picture show a %s?"));

  /**
   * Copies the list.
   *
   * @param side rows and columns
   * @param pixels planes R, G, B in [0, 1]
   * @param backdrop the background
   * @param items the emoji, the farthest first
   * @param heldOut whether it is of the held-out part
   * @param absent an emoji that is not there
   * @param seed what wordings are drawn from
   */
  public Scene {
    items = List.copyOf(items);
  }

  /**
   * Counts an emoji.
   *
   * @param emoji an emoji
   * @return how many of it there are
   */
  public int count(Emoji emoji) {
    return (int) items.stream().filter(i -> i.emoji().index() == emoji.index()).count();
  }

  /**
   * Describes the scene.
   *
   * @return such as {@code two tomato, one melon on a striped blue background}; emoji in the order
   *     of the items
   */
  public String caption() {
    Map<String, Integer> counts = new LinkedHashMap<>();
    items.forEach(i -> counts.merge(i.emoji().name(), 1, Integer::sum));
    return counts.entrySet().stream()
            .map(e -> NUMBERS.get(e.getValue()) + " " + e.getKey())
            .collect(Collectors.joining(", "))
        + " on "
        + backdrop.words();
  }

  /**
   * Asks about the scene. Wordings of held-out scenes are not those of training scenes.
   *
   * @return one question of each kind, for presence one with each answer; none about a place if no
   *     emoji is farthest to a side
   */
  public List<SceneQuestion> questions() {
    SplittableRandom random = new SplittableRandom(seed);
    List<SceneQuestion> questions = new ArrayList<>();
    place(random, questions);
    questions.add(ask(random, SceneQuestion.Kind.COLOUR, "", backdrop.colour()));
    questions.add(ask(random, SceneQuestion.Kind.COUNT, "", NUMBERS.get(items.size())));
    Emoji there = items.get(random.nextInt(items.size())).emoji();
    questions.add(ask(random, SceneQuestion.Kind.PRESENCE, there.name(), "yes"));
    questions.add(ask(random, SceneQuestion.Kind.PRESENCE, absent.name(), "no"));
    return questions;
  }

  private SceneQuestion ask(
      SplittableRandom random, SceneQuestion.Kind kind, String about, String answer) {
    List<String> wordings = (heldOut ? HELD_OUT : TRAIN).get(kind);
    String wording = wordings.get(random.nextInt(wordings.size()));
    return new SceneQuestion(kind, wording.formatted(about), answer);
  }

  /** Asks for the emoji that is clearly farthest to one side. */
  private void place(SplittableRandom random, List<SceneQuestion> questions) {
    Side at = Side.values()[random.nextInt(Side.values().length)];
    at.farthest(items, side / 16.0)
        .ifPresent(
            item ->
                questions.add(
                    ask(random, SceneQuestion.Kind.WHAT, at.word(), item.emoji().name())));
  }
}
