package org.safety4j.datasets.images;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.datasets.file.NpyArray;
import org.safety4j.datasets.file.Npz;
import org.safety4j.datasets.file.ReadLimits;

/**
 * Reads pictures and labels from two arrays of a NumPy NPZ archive.
 *
 * <p>Pictures are unsigned bytes (255 stands for 1) or floats in [0,1]; their shape is {@code [N,
 * H, W]}, {@code [N, C, H, W]} or {@code [N, H, W, C]}. Channels are 1 to 4 and are taken to stand
 * where such a number is; where both ends could be channels, in {@code dim 1}. Labels are integers
 * of shape {@code [N]} or {@code [N, 1]}.
 */
public final class NpzImages {
  private static final int MOST_CHANNELS = 4;
  private static final int MOST_CLASSES = 100_000;

  private NpzImages() {}

  /**
   * Reads a set with the default limits. Classes are named by their numbers.
   *
   * @param file the archive
   * @param images name of the pictures' array, such as {@code x_test}
   * @param labels name of the labels' array, such as {@code y_test}
   * @return the pictures, to be closed by the caller
   * @throws InvalidDataFile if the archive is absent, damaged or beyond a limit, an array is
   *     missing or not of the expected form, or a float is outside [0,1]
   */
  public static LabeledImages read(Path file, String images, String labels) {
    return read(file, images, labels, ReadLimits.defaults());
  }

  /**
   * Reads a set. Classes are named by their numbers.
   *
   * @param file the archive
   * @param images name of the pictures' array, such as {@code x_test}
   * @param labels name of the labels' array, such as {@code y_test}
   * @param limits bounds on what is read
   * @return the pictures, to be closed by the caller
   * @throws InvalidDataFile if the archive is absent, damaged or beyond a limit, an array is
   *     missing or not of the expected form, or a float is outside [0,1]
   */
  public static LabeledImages read(Path file, String images, String labels, ReadLimits limits) {
    Map<String, NpyArray> arrays = Npz.read(file, limits);
    NpyArray pictures = array(file, arrays, images);
    NpyArray classes = array(file, arrays, labels);
    Layout layout = layout(file, images, pictures.shape());
    if (layout.n > limits.maxItems()) {
      throw new InvalidDataFile(
          file
              + "!"
              + images
              + ".npy: "
              + layout.n
              + " pictures are more than the limit of "
              + limits.maxItems()
              + "; raise ReadLimits.maxItems if the file is to be trusted");
    }
    int[] numbers = classes.ints();
    if (numbers.length != layout.n) {
      throw new InvalidDataFile(
          file
              + "!"
              + labels
              + ".npy: "
              + numbers.length
              + " labels for "
              + layout.n
              + " pictures");
    }
    int most = IntStream.of(numbers).max().orElse(-1);
    if (IntStream.of(numbers).anyMatch(c -> c < 0) || most >= MOST_CLASSES) {
      throw new InvalidDataFile(
          file + "!" + labels + ".npy: labels count classes from 0 and stay below " + MOST_CLASSES);
    }
    List<String> names = IntStream.rangeClosed(0, most).mapToObj(Integer::toString).toList();
    return pixels(file, images, pictures, layout)
        .labelled(file.getFileName().toString(), numbers, names);
  }

  private static NpyArray array(Path file, Map<String, NpyArray> arrays, String name) {
    NpyArray array = arrays.get(name);
    if (array == null) {
      throw new InvalidDataFile(file + ": no array \"" + name + "\"; there are " + arrays.keySet());
    }
    return array;
  }

  private record Layout(int n, int channels, int height, int width, boolean channelsLast) {}

  private static Layout layout(Path file, String name, int[] shape) {
    boolean empty = IntStream.of(shape).anyMatch(side -> side == 0);
    if (shape.length == 3 && !empty) {
      return new Layout(shape[0], 1, shape[1], shape[2], false);
    }
    if (shape.length == 4 && !empty && shape[1] <= MOST_CHANNELS) {
      return new Layout(shape[0], shape[1], shape[2], shape[3], false);
    }
    if (shape.length == 4 && !empty && shape[3] <= MOST_CHANNELS) {
      return new Layout(shape[0], shape[3], shape[1], shape[2], true);
    }
    throw new InvalidDataFile(
        file
            + "!"
            + name
            + ".npy: pictures have shape [N, H, W], [N, C, H, W] or [N, H, W, C] with at most "
            + MOST_CHANNELS
            + " channels, this array has "
            + Arrays.toString(shape));
  }

  private static Pixels pixels(Path file, String name, NpyArray array, Layout at) {
    switch (array.kind()) {
      case UINT8 -> {
        byte[] values = at.channelsLast ? channelsFirst(array.bytes(), at) : array.bytes();
        return Pixels.unsignedBytes(at.n, at.channels, at.height, at.width, values);
      }
      case FLOAT16, FLOAT32, FLOAT64 -> {
        float[] values = array.floats();
        for (int i = 0; i < values.length; i++) {
          if (!(values[i] >= 0 && values[i] <= 1)) {
            throw new InvalidDataFile(
                file
                    + "!"
                    + name
                    + ".npy: floats must be in [0,1], element "
                    + i
                    + " is "
                    + values[i]
                    + "; divide or clip before saving");
          }
        }
        return Pixels.floats(
            at.n,
            at.channels,
            at.height,
            at.width,
            at.channelsLast ? channelsFirst(values, at) : values);
      }
      default ->
          throw new InvalidDataFile(
              file
                  + "!"
                  + name
                  + ".npy: pictures are unsigned bytes or floats in [0,1], these are "
                  + array.kind());
    }
  }

  private static byte[] channelsFirst(byte[] last, Layout at) {
    byte[] first = new byte[last.length];
    for (int i = 0; i < first.length; i++) {
      first[i] = last[source(i, at)];
    }
    return first;
  }

  private static float[] channelsFirst(float[] last, Layout at) {
    float[] first = new float[last.length];
    for (int i = 0; i < first.length; i++) {
      first[i] = last[source(i, at)];
    }
    return first;
  }

  private static int source(int first, Layout at) {
    int plane = at.height * at.width;
    int pixel = first % plane;
    int channel = first / plane % at.channels;
    int picture = first / plane / at.channels;
    return (picture * plane + pixel) * at.channels + channel;
  }
}
