package org.safety4j.datasets.images;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.datasets.file.ReadLimits;

/** The bundled sheets of emoji pictures and their list, each decoded once. */
final class EmojiSheet {
  static final List<Emoji> LIST;

  private static final String NAMES = "emoji/emoji.tsv";
  private static final int SIDE = Emoji.SIDE;
  private static final int PLANE = SIDE * SIDE;
  private static final Map<EmojiStyle, byte[]> SAMPLES = new ConcurrentHashMap<>();

  static {
    LIST = list(new String(resource(NAMES), StandardCharsets.UTF_8));
  }

  private EmojiSheet() {}

  static float[] rgba(int index, EmojiStyle style) {
    byte[] samples = SAMPLES.computeIfAbsent(style, EmojiSheet::load);
    float[] out = new float[Picture.CHANNELS * PLANE];
    for (int i = 0, at = index * out.length; i < out.length; i++, at++) {
      out[i] = (samples[at] & 0xff) / 255f;
    }
    return out;
  }

  private static byte[] load(EmojiStyle style) {
    String file = style.resource();
    return tiles(Picture.decode(file, resource(file), ReadLimits.defaults()), LIST.size());
  }

  private static byte[] resource(String name) {
    try (InputStream in = EmojiSheet.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new InvalidDataFile(name + ": cannot be read from the library's jar", e);
    }
  }

  private static List<Emoji> list(String tsv) {
    List<Emoji> list = new ArrayList<>();
    for (String line : tsv.lines().toList()) {
      String[] f = line.split("\t");
      list.add(
          new Emoji(
              f[0], f[1], f[2], f[3], List.of(f[4].split(" ")), f[5].equals("test"), list.size()));
    }
    return List.copyOf(list);
  }

  private static byte[] tiles(Picture sheet, int count) {
    byte[] out = new byte[count * Picture.CHANNELS * PLANE];
    int columns = sheet.width() / SIDE;
    int sheetPlane = sheet.width() * sheet.height();
    int at = 0;
    for (int i = 0; i < count; i++) {
      int corner = i / columns * SIDE * sheet.width() + i % columns * SIDE;
      for (int c = 0; c < Picture.CHANNELS; c++) {
        for (int y = 0; y < SIDE; y++) {
          for (int x = 0; x < SIDE; x++) {
            out[at++] =
                (byte)
                    Math.round(sheet.rgba()[c * sheetPlane + corner + y * sheet.width() + x] * 255);
          }
        }
      }
    }
    return out;
  }
}
