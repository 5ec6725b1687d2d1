package org.safety4j.datasets.synthetic;

import java.util.List;
import java.util.SplittableRandom;
import org.safety4j.core.tensor.Rng;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiStyle;

/**
 * Scenes of one to four emoji over textured backgrounds, 64x64 pixels, with the mask of every
 * emoji, a caption, counts and questions with their answers. A scene follows from a seed and its
 * number; there is no end of them.
 *
 * <pre>{@code
 * Scene scene = EmojiScenes.train(0).scene(17);
 * scene.caption();      // "two tomato, one melon on a striped blue background"
 * }</pre>
 *
 * <p>Emoji are of either style, 20 to 36 pixels wide, turned by up to 20 degrees; of each at least
 * nine tenths and 30 pixels can be seen, in {@link #crowded()} scenes two thirds. A quarter of the
 * emoji after the first repeat one that is there. Training scenes have training emoji, held-out
 * scenes test emoji, and other wordings of questions. Backgrounds are of the same kinds in both.
 *
 * <p>Immutable.
 */
public final class EmojiScenes {
  /** Rows and columns of a scene. */
  public static final int SIDE = 64;

  private static final int MOST = 4;
  private static final double SMALLEST = 20;
  private static final double LARGEST = 36;
  private static final double TURN = Math.toRadians(20);
  private static final double REPEATED = 0.25;
  private static final double SEEN = 0.9;
  private static final double SEEN_IN_CROWDS = 2 / 3.0;
  private static final int SMALLEST_AREA = 30;
  private static final int TRIES = 20;

  private final List<Emoji> emoji;
  private final boolean heldOut;
  private final double seen;
  private final Rng rng;

  private EmojiScenes(List<Emoji> emoji, boolean heldOut, double seen, Rng rng) {
    this.emoji = emoji;
    this.heldOut = heldOut;
    this.seen = seen;
    this.rng = rng;
  }

  /**
   * Scenes to train on.
   *
   * @param seed any number
   * @return scenes of training emoji
   */
  public static EmojiScenes train(long seed) {
    return new EmojiScenes(
        Emoji.all().train().list(), false, SEEN, Rng.of(seed).derive("scenes").derive("train"));
  }

  /**
   * Scenes to measure on.
   *
   * @param seed any number
   * @return scenes of test emoji
   */
  public static EmojiScenes heldOut(long seed) {
    return new EmojiScenes(
        Emoji.all().test().list(), true, SEEN, Rng.of(seed).derive("scenes").derive("held-out"));
  }

  /**
   * Lets emoji hide more of each other.
   *
   * @return scenes of the same emoji, of each of which at least two thirds can be seen
   */
  public EmojiScenes crowded() {
    return new EmojiScenes(emoji, heldOut, SEEN_IN_CROWDS, rng);
  }

  /**
   * Composes a scene.
   *
   * @param index its number
   * @return the scene; the same for the same seed and number
   */
  public Scene scene(long index) {
    SplittableRandom random = rng.derive(index).sequence();
    Backdrop backdrop = Backdrop.draw(random);
    int wanted = 1 + random.nextInt(MOST);
    Composition composition = new Composition(SIDE, backdrop, seen, SMALLEST_AREA);
    List<SceneItem> items = composition.items();
    for (int tries = 0; items.isEmpty() || items.size() < wanted && tries < TRIES; tries++) {
      place(composition, random);
    }
    return new Scene(
        SIDE,
        composition.pixels(),
        backdrop,
        items,
        heldOut,
        absent(items, random),
        random.nextLong());
  }

  private Emoji absent(List<SceneItem> items, SplittableRandom random) {
    while (true) {
      Emoji other = emoji.get(random.nextInt(emoji.size()));
      if (items.stream().noneMatch(i -> i.emoji().name().equals(other.name()))) {
        return other;
      }
    }
  }

  private void place(Composition composition, SplittableRandom random) {
    List<SceneItem> items = composition.items();
    Emoji chosen =
        !items.isEmpty() && random.nextDouble() < REPEATED
            ? items.get(random.nextInt(items.size())).emoji()
            : emoji.get(random.nextInt(emoji.size()));
    EmojiStyle style = random.nextBoolean() ? EmojiStyle.TWITTER : EmojiStyle.NOTO;
    double size = SMALLEST + (LARGEST - SMALLEST) * random.nextDouble();
    double margin = size / 2;
    double x = margin + (SIDE - size) * random.nextDouble();
    double y = margin + (SIDE - size) * random.nextDouble();
    double angle = TURN * (2 * random.nextDouble() - 1);
    composition.add(chosen, style, x, y, size, angle);
  }
}
