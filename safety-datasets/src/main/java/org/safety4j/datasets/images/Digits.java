package org.safety4j.datasets.images;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.core.error.Require;
import org.safety4j.datasets.file.NpyArray;
import org.safety4j.datasets.file.Npz;
import org.safety4j.datasets.file.ReadLimits;

/**
 * 1,797 handwritten digits of 8x8 pixels, scanned from 13 writers; bundled. Pictures are {@code [N,
 * 1, 8, 8]} in [0,1] (0 is paper; the scans have 17 levels), classes are the ten digits.
 *
 * <p>The split is fixed: 1,297 pictures to train, 500 to test, every class in proportion, drawn
 * once from seed 20250206 and stored in that order. Writers are not known, so a writer may have
 * digits in both parts.
 *
 * <p><b>Source.</b> E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
 * Learning Repository, 1998, CC BY 4.0; its test part, as scikit-learn ships it.
 */
public final class Digits {
  private static final String RESOURCE = "digits/digits.npz";
  private static final int SIDE = 8;
  private static final float FULL_INK = 16;
  private static final List<String> CLASSES =
      IntStream.range(0, 10).mapToObj(Integer::toString).toList();

  private Digits() {}

  /**
   * Names the training split.
   *
   * @return 1,297 pictures
   */
  public static ImageSet train() {
    return Split.TRAIN.set();
  }

  /**
   * Names the test split.
   *
   * @return 500 pictures
   */
  public static ImageSet test() {
    return Split.TEST.set();
  }

  private enum Split {
    TRAIN("digits-train", 0, 1297),
    TEST("digits-test", 1297, 500);

    private final String id;
    private final int from;
    private final int count;

    Split(String id, int from, int count) {
      this.id = id;
      this.from = from;
      this.count = count;
    }

    ImageSet set() {
      return new Part(this, count);
    }
  }

  private record Part(Split split, int size) implements ImageSet {
    private static final long serialVersionUID = 1L;

    @Override
    public String id() {
      return size == split.count ? split.id : split.id + "-first-" + size;
    }

    @Override
    public ImageSet first(int n) {
      return new Part(split, Math.min(Require.atLeast("n", n, 1), size));
    }

    @Override
    public LabeledImages open() {
      int pixels = SIDE * SIDE;
      int to = split.from + size;
      byte[] images = Arrays.copyOfRange(Holder.IMAGES, split.from * pixels, to * pixels);
      int[] labels = Arrays.copyOfRange(Holder.LABELS, split.from, to);
      return Pixels.unsignedBytes(size, 1, SIDE, SIDE, images, FULL_INK)
          .labelled(id(), labels, CLASSES);
    }
  }

  private static final class Holder {
    static final byte[] IMAGES;
    static final int[] LABELS;

    static {
      Map<String, NpyArray> arrays = load();
      IMAGES = arrays.get("images").bytes();
      LABELS = arrays.get("labels").ints();
    }

    private static Map<String, NpyArray> load() {
      try (InputStream in = Digits.class.getResourceAsStream(RESOURCE)) {
        return Npz.read(RESOURCE, in, ReadLimits.defaults());
      } catch (IOException e) {
        throw new InvalidDataFile(RESOURCE + ": cannot be read from the library's jar", e);
      }
    }
  }
}
