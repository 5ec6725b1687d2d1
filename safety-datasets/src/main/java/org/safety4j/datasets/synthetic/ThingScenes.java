package org.safety4j.datasets.synthetic;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.safety4j.core.tensor.Rng;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiStyle;

/**
 * Scenes of one to four of 32 things with plain names, such as {@code apple} and {@code clock},
 * over textured backgrounds, 32x32 pixels, with questions and their answers: what there is (the
 * only thing, or the one that is farthest to a side), which of eight colours the background has,
 * and how many things there are. A scene follows from a seed and its number; there is no end of
 * them.
 *
 * <pre>{@code
 * ThingScene scene = ThingScenes.heldOut(0).scene(17);
 * scene.questions();      // "What can you see at the left?": "owl", ...
 * }</pre>
 *
 * <p>Things are training emoji in either style, turned by up to 20 degrees. One alone is 18 to 30
 * pixels wide (in a quarter of the scenes 12 to 18), of two each is 14 to 18 wide, of more 12 to
 * 15; of each at least nine tenths and 20 pixels can be seen. A quarter of the things after the
 * first repeat one that is there. Who is farthest to a side is so by 3 pixels and more between
 * centres.
 *
 * <p>Training and held-out scenes have the same things, styles and kinds of backgrounds, but are
 * drawn from streams of their own, so that no picture is in both, and ask in other words.
 *
 * <p>Immutable.
 */
public final class ThingScenes {
  /** Rows and columns of a scene. */
  public static final int SIDE = 32;

  /** The most things that a scene has. */
  public static final int MOST = 4;

  private static final List<String> NUMBERS = List.of("one", "two", "three", "four");
  private static final double TURN = Math.toRadians(20);
  private static final double REPEATED = 0.25;
  private static final double SMALL = 0.25;
  private static final double SEEN = 0.9;
  private static final int SMALLEST_AREA = 20;
  private static final double LEAD = 3;
  private static final int TRIES = 40;

  /** Names, wordings, and the emoji of each name. */
  private static final class World {
    static final WorldTemplates TEMPLATES = WorldTemplates.read("thing-scenes.txt");
    static final Map<String, Emoji> THINGS = new LinkedHashMap<>();

    static {
      Map<String, Emoji> known =
          Emoji.all().train().stream().collect(Collectors.toMap(Emoji::codePoints, e -> e));
      for (String thing : TEMPLATES.names("thing")) {
        String[] parts = thing.split("=");
        THINGS.put(parts[0], known.get(parts[1]));
      }
    }
  }

  private final String use;
  private final Rng rng;

  private ThingScenes(String use, Rng rng) {
    this.use = use;
    this.rng = rng;
  }

  /**
   * Scenes to train on.
   *
   * @param seed any number
   * @return scenes with the training wordings, and one that asks for a description
   */
  public static ThingScenes train(long seed) {
    return new ThingScenes("train", Rng.of(seed).derive("things").derive("train"));
  }

  /**
   * Scenes to measure on.
   *
   * @param seed any number
   * @return scenes with the held-out wordings
   */
  public static ThingScenes heldOut(long seed) {
    return new ThingScenes("held", Rng.of(seed).derive("things").derive("held-out"));
  }

  /**
   * Names the things.
   *
   * @return 32 names
   */
  public static List<String> things() {
    return List.copyOf(World.THINGS.keySet());
  }

  /**
   * Names the emoji that shows a thing.
   *
   * @param thing one of {@link #things()}
   * @return the emoji
   * @throws IllegalArgumentException if there is no such thing
   */
  public static Emoji emoji(String thing) {
    Emoji emoji = World.THINGS.get(thing);
    if (emoji == null) {
      throw new IllegalArgumentException(
          "thing: no \"" + thing + "\" in these scenes; there are " + things());
    }
    return emoji;
  }

  /**
   * Composes a scene.
   *
   * @param index its number
   * @return the scene; the same for the same seed and number
   */
  public ThingScene scene(long index) {
    SplittableRandom random = rng.derive(index).sequence();
    Backdrop backdrop = Backdrop.draw(random);
    Composition composition = new Composition(SIDE, backdrop, SEEN, SMALLEST_AREA);
    int wanted = 1 + random.nextInt(MOST);
    boolean small = wanted > 1 || random.nextDouble() < SMALL;
    double smallest = small ? (wanted == 2 ? 14 : 12) : 18;
    double largest = small ? (wanted > 2 ? 15 : 18) : 30;
    List<String> names = new ArrayList<>();
    for (int tries = 0; names.isEmpty() || names.size() < wanted && tries < TRIES; tries++) {
      String name =
          !names.isEmpty() && random.nextDouble() < REPEATED
              ? pick(names, random)
              : pick(things(), random);
      EmojiStyle style = random.nextBoolean() ? EmojiStyle.TWITTER : EmojiStyle.NOTO;
      double size = smallest + (largest - smallest) * random.nextDouble();
      double x = size / 2 + (SIDE - size) * random.nextDouble();
      double y = size / 2 + (SIDE - size) * random.nextDouble();
      double angle = TURN * (2 * random.nextDouble() - 1);
      if (composition.add(emoji(name), style, x, y, size, angle)) {
        names.add(name);
      }
    }
    List<SceneItem> items = composition.items();
    return new ThingScene(
        SIDE,
        composition.pixels(),
        backdrop,
        items,
        names,
        questions(items, names, backdrop, random));
  }

  private static <T> T pick(List<T> from, SplittableRandom random) {
    return from.get(random.nextInt(from.size()));
  }

  private List<SceneQuestion> questions(
      List<SceneItem> items, List<String> names, Backdrop backdrop, SplittableRandom random) {
    List<SceneQuestion> questions = new ArrayList<>();
    what(items, names, random).ifPresent(questions::add);
    questions.add(ask(SceneQuestion.Kind.COLOUR, "colour", "", backdrop.colour(), random));
    questions.add(
        ask(SceneQuestion.Kind.COUNT, "count", "", NUMBERS.get(names.size() - 1), random));
    if (!World.TEMPLATES.of("describe", use).isEmpty()) {
      String caption = caption(items, names, backdrop);
      questions.add(ask(SceneQuestion.Kind.DESCRIBE, "describe", "", caption, random));
    }
    return questions;
  }

  /** Asks for the only thing, or for the first of the sides, in random order, that has one. */
  private Optional<SceneQuestion> what(
      List<SceneItem> items, List<String> names, SplittableRandom random) {
    if (items.size() == 1) {
      return Optional.of(ask(SceneQuestion.Kind.WHAT, "what", "", names.get(0), random));
    }
    int first = random.nextInt(Side.values().length);
    for (int k = 0; k < Side.values().length; k++) {
      Side side = Side.values()[(first + k) % Side.values().length];
      Optional<SceneItem> item = side.farthest(items, LEAD);
      if (item.isPresent()) {
        String name = names.get(items.indexOf(item.get()));
        return Optional.of(ask(SceneQuestion.Kind.WHAT, "side", side.word(), name, random));
      }
    }
    return Optional.empty();
  }

  private SceneQuestion ask(
      SceneQuestion.Kind kind,
      String section,
      String side,
      String answer,
      SplittableRandom random) {
    String wording = pick(World.TEMPLATES.of(section, use), random).with(Map.of("s", side));
    return new SceneQuestion(kind, wording, answer);
  }

  /** Such as {@code owl, cake, owl on blue}, from left to right. */
  private static String caption(List<SceneItem> items, List<String> names, Backdrop backdrop) {
    return IntStream.range(0, items.size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> items.get(i).x()))
            .map(names::get)
            .collect(Collectors.joining(", "))
        + " on "
        + backdrop.colour();
  }
}
