package org.safety4j.datasets.images;

import java.util.List;

/**
 * One emoji: a picture of 32x32 pixels with transparency, its name, category and keywords.
 *
 * <p><b>Source.</b> Pictures: Twemoji, copyright Twitter, Inc. and other contributors, CC BY 4.0,
 * and in a second style Noto Emoji, copyright Google LLC, Apache-2.0 ({@link EmojiStyle}); names
 * and categories: emoji-data by Cal Henderson, MIT, after the Unicode emoji list; all as of
 * emoji-datasource 16.0.0. Changed here: each picture is scaled from 64 to 32 pixels.
 *
 * @param codePoints its Unicode code points in hexadecimal, joined by "-"
 * @param name its name in lower case
 * @param category one of nine, such as "Food &amp; Drink"
 * @param subcategory a finer group, such as "food-fruit"
 * @param keywords its short names, at least one
 * @param heldOut true in the test split
 * @param index its place in the bundled order
 */
public record Emoji(
    String codePoints,
    String name,
    String category,
    String subcategory,
    List<String> keywords,
    boolean heldOut,
    int index) {
  /** Rows and columns of a picture. */
  public static final int SIDE = 32;

  /**
   * Gives every emoji of the bundled set: 1,906 pictures in nine categories, without skin tones.
   *
   * @return the whole set
   */
  public static EmojiSet all() {
    return EmojiSet.ALL;
  }

  /**
   * Gives the text that shows as this emoji.
   *
   * @return the character sequence
   */
  public String character() {
    StringBuilder text = new StringBuilder();
    for (String code : codePoints.split("-")) {
      text.appendCodePoint(Integer.parseInt(code, 16));
    }
    return text.toString();
  }

  /**
   * Gives the picture: planes R, G, B, A (straight alpha), 32 rows of 32 samples each, in [0,1].
   *
   * @return a new array of 4,096 samples
   */
  public float[] rgba() {
    return rgba(EmojiStyle.TWITTER);
  }

  /**
   * Gives the picture in a style: planes R, G, B, A (straight alpha), 32 rows of 32 samples each,
   * in [0,1].
   *
   * @param style who drew it
   * @return a new array of 4,096 samples
   */
  public float[] rgba(EmojiStyle style) {
    return EmojiSheet.rgba(index, style);
  }
}
