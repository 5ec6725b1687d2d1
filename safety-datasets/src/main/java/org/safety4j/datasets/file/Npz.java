package org.safety4j.datasets.file;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.safety4j.core.error.InvalidDataFile;

/**
 * Reads NumPy's NPZ archives: a zip of NPY arrays, stored or deflated. Entries are read in order
 * and kept in memory; nothing is ever written to disk, so names in the archive can do no harm.
 */
public final class Npz {
  private static final String SUFFIX = ".npy";
  private static final int MAX_ENTRIES = 1024;

  private Npz() {}

  /**
   * Reads every array of an archive.
   *
   * @param file the archive
   * @param limits {@link ReadLimits#maxBytes()} bounds the sum of all decompressed bytes
   * @return the arrays by name (without ".npy"), in the archive's order; unmodifiable
   * @throws InvalidDataFile if the archive is absent, damaged, beyond a limit, has no array, or an
   *     array is not one of plain numbers
   */
  public static Map<String, NpyArray> read(Path file, ReadLimits limits) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      return read(file.toString(), in, limits);
    } catch (IOException e) {
      throw BoundedInput.unreadable(file, e);
    }
  }

  /**
   * Reads every array of an archive from a stream.
   *
   * @param name how messages call the archive
   * @param in the archive's bytes; left to the caller to close
   * @param limits {@link ReadLimits#maxBytes()} bounds the sum of all decompressed bytes
   * @return the arrays by name (without ".npy"), in the archive's order; unmodifiable
   * @throws InvalidDataFile as {@link #read(Path, ReadLimits)} does
   */
  public static Map<String, NpyArray> read(String name, InputStream in, ReadLimits limits) {
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    long left = limits.maxBytes();
    ZipInputStream zip = new ZipInputStream(in);
    while (true) {
      ZipEntry entry = next(name, zip, arrays);
      if (entry == null) {
        break;
      }
      String where = name + "!" + entry.getName();
      if (!entry.getName().endsWith(SUFFIX)) {
        throw new InvalidDataFile(
            where + " at byte 0: not an NPY array; an NPZ archive holds nothing else");
      }
      if (arrays.size() == MAX_ENTRIES) {
        throw new InvalidDataFile(
            where + " at byte 0: more than " + MAX_ENTRIES + " arrays in one archive");
      }
      byte[] npy = new BoundedInput(where, zip, left).rest("the entry");
      left -= npy.length;
      String key = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
      if (arrays.put(key, NpyArray.of(where, npy)) != null) {
        throw new InvalidDataFile(where + " at byte 0: second array of that name");
      }
    }
    if (arrays.isEmpty()) {
      throw new InvalidDataFile(name + " at byte 0: not a zip archive with NPY arrays");
    }
    return Collections.unmodifiableMap(arrays);
  }

  private static ZipEntry next(String name, ZipInputStream zip, Map<String, NpyArray> soFar) {
    try {
      return zip.getNextEntry();
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidDataFile(
          name + ": damaged archive after array " + soFar.size() + ": " + e.getMessage(), e);
    }
  }
}
