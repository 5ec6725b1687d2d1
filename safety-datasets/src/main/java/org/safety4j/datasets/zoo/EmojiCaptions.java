package org.safety4j.datasets.zoo;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.safety4j.datasets.images.Emoji;
import org.safety4j.datasets.images.EmojiSet;

/**
 * Captions of emoji from their names, keywords and categories, in several wordings, and which of
 * them are true of which emoji.
 */
public final class EmojiCaptions {
  private static final double OF_CATEGORY = 0.1;
  private static final double OF_SUBCATEGORY = 0.15;
  private static final double BY_KEYWORD = 0.2;
  private static final double WITH_GROUP = 0.25;
  private static final List<String> BEFORE =
      List.of("", "", "a picture of ", "an emoji of ", "an icon of ", "this shows ");

  private EmojiCaptions() {}

  /** What a caption is about. */
  public enum About {
    /** The emoji itself. */
    EMOJI,
    /** Its subcategory alone. */
    SUBCATEGORY,
    /** Its category alone. */
    CATEGORY
  }

  /**
   * A caption.
   *
   * @param text the caption, in lower case
   * @param emoji the emoji that it was made for
   * @param about what of it the caption tells
   */
  public record Caption(String text, Emoji emoji, About about) {
    /**
     * Tells whether the caption is true of an emoji.
     *
     * @param other an emoji
     * @return true if it is
     */
    public boolean fits(Emoji other) {
      return switch (about) {
        case EMOJI -> other.index() == emoji.index();
        case SUBCATEGORY -> other.subcategory().equals(emoji.subcategory());
        case CATEGORY -> other.category().equals(emoji.category());
      };
    }
  }

  /**
   * Draws a caption.
   *
   * @param emoji an emoji
   * @param random the randomness
   * @return a caption that is true of it
   */
  public static Caption draw(Emoji emoji, SplittableRandom random) {
    String before = BEFORE.get(random.nextInt(BEFORE.size()));
    double kind = random.nextDouble();
    if (kind < OF_CATEGORY) {
      return new Caption(before + words(emoji.category()), emoji, About.CATEGORY);
    }
    if (kind < OF_CATEGORY + OF_SUBCATEGORY) {
      return new Caption(before + words(emoji.subcategory()), emoji, About.SUBCATEGORY);
    }
    return ofItself(before, emoji, emoji.keywords(), random);
  }

  /**
   * Draws a caption that names the emoji itself, by its name or one of some keywords.
   *
   * @param emoji an emoji
   * @param keywords words for it that may be used beside its name; may be empty
   * @param random the randomness
   * @return a caption that is true of it
   */
  static Caption drawOfItself(Emoji emoji, List<String> keywords, SplittableRandom random) {
    return ofItself(BEFORE.get(random.nextInt(BEFORE.size())), emoji, keywords, random);
  }

  private static Caption ofItself(
      String before, Emoji emoji, List<String> keywords, SplittableRandom random) {
    String name = emoji.name();
    if (random.nextDouble() < BY_KEYWORD && !keywords.isEmpty()) {
      name = keywords.get(random.nextInt(keywords.size()));
    }
    String text = before + words(name);
    if (random.nextDouble() < WITH_GROUP) {
      text += ", " + words(random.nextBoolean() ? emoji.category() : emoji.subcategory());
    }
    return new Caption(text, emoji, About.EMOJI);
  }

  /**
   * Writes a name, keyword or category as words.
   *
   * @param name such as {@code fuelpump}, {@code food-fruit} or {@code Food & Drink}
   * @return its words in lower case, separated by blanks
   */
  public static String words(String name) {
    return Normalizer.normalize(name.toLowerCase(Locale.ROOT), Normalizer.Form.NFD)
        .replaceAll("\\p{M}", "")
        .replace("&", "and")
        .replaceAll("[^a-z0-9']+", " ")
        .strip();
  }

  /**
   * Gives the prompt of each category.
   *
   * @return one text a category, in the order of {@link EmojiSet#categories()}
   */
  public static List<String> categoryPrompts() {
    return EmojiSet.categories().stream().map(EmojiCaptions::words).toList();
  }

  /** Every text that captions of some emoji are made of, for a tokenizer to learn from. */
  static List<String> texts(Iterable<Emoji> emoji) {
    List<String> texts = new ArrayList<>(BEFORE);
    for (Emoji e : emoji) {
      texts.add(words(e.name()));
      e.keywords().forEach(k -> texts.add(words(k)));
      texts.add(words(e.category()));
      texts.add(words(e.subcategory()));
    }
    return texts;
  }
}
