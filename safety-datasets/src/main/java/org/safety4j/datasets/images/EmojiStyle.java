package org.safety4j.datasets.images;

/** Who drew the emoji. Both styles have a picture of every {@link Emoji}. */
public enum EmojiStyle {
  /**
   * Twemoji, copyright Twitter, Inc. and other contributors, CC BY 4.0, as of
   * emoji-datasource-twitter 16.0.0.
   */
  TWITTER("emoji/emoji.png"),
  /** Noto Emoji, copyright Google LLC, Apache-2.0, as of emoji-datasource-google 16.0.0. */
  NOTO("emoji/noto.png");

  private final String resource;

  EmojiStyle(String resource) {
    this.resource = resource;
  }

  /** The sheet of pictures, beside {@link Emoji}. */
  String resource() {
    return resource;
  }
}
