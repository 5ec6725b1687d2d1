package org.safety4j.datasets.images;

import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;

/**
 * A choice of bundled emoji: all, one split, some categories.
 *
 * <pre>{@code
 * Emoji.all().category("Food & Drink").forEach(e -> ...);
 * try (LabeledImages test = Emoji.all().test().asImages(Rgb.WHITE).open()) { ... }
 * }</pre>
 *
 * <p>The split is fixed: about a fifth of every category is held out, drawn once from seed
 * 20250206; people that differ only in gender or direction stay on one side. The order is shuffled.
 * Immutable.
 */
public final class EmojiSet implements Iterable<Emoji>, Serializable {
  /** The whole bundled set. */
  static final EmojiSet ALL = new EmojiSet(Split.ALL, List.of());

  private static final long serialVersionUID = 1L;

  private enum Split {
    ALL,
    TRAIN,
    TEST
  }

  /** The part of the set. */
  private final Split split;

  /** The categories chosen, sorted; empty for all. */
  private final List<String> categories;

  private EmojiSet(Split split, List<String> categories) {
    this.split = split;
    this.categories = categories;
  }

  /**
   * Names the nine categories; their order is that of the labels of {@link #asImages}.
   *
   * @return the names, sorted
   */
  public static List<String> categories() {
    return Categories.NAMES;
  }

  private static final class Categories {
    static final List<String> NAMES =
        List.copyOf(new TreeSet<>(EmojiSheet.LIST.stream().map(Emoji::category).toList()));
  }

  /**
   * Narrows to the training split.
   *
   * @return the emoji of this set that are not held out
   * @throws IllegalStateException if this is a split already
   */
  public EmojiSet train() {
    return part(Split.TRAIN);
  }

  /**
   * Narrows to the test split.
   *
   * @return the emoji of this set that are held out
   * @throws IllegalStateException if this is a split already
   */
  public EmojiSet test() {
    return part(Split.TEST);
  }

  private EmojiSet part(Split part) {
    if (split != Split.ALL) {
      throw new IllegalStateException("the set is already the " + split + " split");
    }
    return new EmojiSet(part, categories);
  }

  /**
   * Narrows to some categories.
   *
   * @param names their names, at least one
   * @return the emoji of this set in those categories
   * @throws IllegalArgumentException if a name is none of {@link #categories()}
   */
  public EmojiSet category(String... names) {
    Require.notEmpty("names", List.of(names));
    for (String name : names) {
      Require.that(
          categories().contains(name),
          "names must be among " + categories() + ", one was \"" + name + "\"");
    }
    return new EmojiSet(
        split,
        new TreeSet<>(List.of(names))
            .stream().filter(n -> categories.isEmpty() || categories.contains(n)).toList());
  }

  /**
   * Tells how many emoji there are.
   *
   * @return the number of emoji
   */
  public int size() {
    return list().size();
  }

  /**
   * Lists the emoji.
   *
   * @return the emoji in the bundled order; unmodifiable
   */
  public List<Emoji> list() {
    return stream().toList();
  }

  /**
   * Streams the emoji.
   *
   * @return the emoji in the bundled order
   */
  public Stream<Emoji> stream() {
    return EmojiSheet.LIST.stream()
        .filter(e -> split == Split.ALL || e.heldOut() == (split == Split.TEST))
        .filter(e -> categories.isEmpty() || categories.contains(e.category()));
  }

  @Override
  public Iterator<Emoji> iterator() {
    return list().iterator();
  }

  /**
   * Lays the emoji over a background; labels are the categories.
   *
   * @param background the colour behind
   * @return pictures {@code [N, 3, 32, 32]} in [0,1], labels in the order of {@link #categories()}
   */
  public ImageSet asImages(Rgb background) {
    return asImages(background, EmojiStyle.TWITTER);
  }

  /**
   * Lays the emoji of a style over a background; labels are the categories.
   *
   * @param background the colour behind
   * @param style who drew them
   * @return pictures {@code [N, 3, 32, 32]} in [0,1], labels in the order of {@link #categories()}
   */
  public ImageSet asImages(Rgb background, EmojiStyle style) {
    return new Images(this, background, style, size());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EmojiSet that
        && split == that.split
        && categories.equals(that.categories);
  }

  @Override
  public int hashCode() {
    return 31 * split.hashCode() + categories.hashCode();
  }

  @Override
  public String toString() {
    return id();
  }

  /**
   * Takes the emoji with their transparency, for pipelines that choose the background themselves;
   * labels are the categories.
   *
   * @return pictures {@code [N, 4, 32, 32]}, planes R, G, B, A (straight alpha) in [0,1], labels in
   *     the order of {@link #categories()}
   */
  public ImageSet asRgba() {
    return new Images(this, null, EmojiStyle.TWITTER, size());
  }

  private String id() {
    StringBuilder id = new StringBuilder("emoji");
    if (split != Split.ALL) {
      id.append('-').append(split.name().toLowerCase(Locale.ROOT));
    }
    for (String category : categories) {
      id.append('-').append(category.toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "-"));
    }
    return id.toString();
  }

  /** Over a background, or with transparency where that is null. */
  private record Images(EmojiSet emoji, Rgb background, EmojiStyle style, int size)
      implements ImageSet {
    private static final long serialVersionUID = 1L;

    @Override
    public String id() {
      String id = emoji.id();
      if (style != EmojiStyle.TWITTER) {
        id += "-" + style.name().toLowerCase(Locale.ROOT);
      }
      if (background == null) {
        id += "-rgba";
      } else if (!background.equals(Rgb.WHITE)) {
        id += "-over-" + background.red() + "-" + background.green() + "-" + background.blue();
      }
      return size == emoji.size() ? id : id + "-first-" + size;
    }

    @Override
    public ImageSet first(int n) {
      return new Images(emoji, background, style, Math.min(Require.atLeast("n", n, 1), size));
    }

    @Override
    public LabeledImages open() {
      int plane = Emoji.SIDE * Emoji.SIDE;
      int channels = background == null ? Picture.CHANNELS : 3;
      List<Emoji> chosen = emoji.list().subList(0, size);
      float[] pixels = new float[size * channels * plane];
      int[] labels = new int[size];
      for (int i = 0; i < size; i++) {
        float[] rgba = chosen.get(i).rgba(style);
        float[] picture = background == null ? rgba : background.under(rgba, plane);
        System.arraycopy(picture, 0, pixels, i * picture.length, picture.length);
        labels[i] = categories().indexOf(chosen.get(i).category());
      }
      return Pixels.floats(size, channels, Emoji.SIDE, Emoji.SIDE, pixels)
          .labelled(id(), labels, categories());
    }
  }
}
