package org.safety4j.datasets.file;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes NPY and NPZ files for tests. */
public final class NpyFiles {
  private NpyFiles() {}

  public static byte[] npy(String descr, boolean fortran, String shape, byte[] values) {
    String dict =
        "{'descr': '"
            + descr
            + "', 'fortran_order': "
            + (fortran ? "True" : "False")
            + ", 'shape': ("
            + shape
            + "), }";
    return npy(dict, values);
  }

  public static byte[] npy(String dict, byte[] values) {
    byte[] header = (dict + "\n").getBytes(StandardCharsets.UTF_8);
    ByteBuffer out =
        ByteBuffer.allocate(10 + header.length + values.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put((byte) 0x93)
        .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
        .put((byte) 1)
        .put((byte) 0);
    out.putShort((short) header.length).put(header).put(values);
    return out.array();
  }

  public static void npz(Path file, Map<String, byte[]> arrays) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> array : arrays.entrySet()) {
        zip.putNextEntry(new ZipEntry(array.getKey()));
        zip.write(array.getValue());
      }
    }
    Files.write(file, bytes.toByteArray());
  }
}
