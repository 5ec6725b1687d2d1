package org.safety4j.core.tensor.torch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes the archive from which libtorch compiles a program: a stored ZIP with the code as plain
 * text and a pickle that sets the attributes to empty containers.
 */
final class ProgramArchive {
  /**
   * The newest archive format that libtorch 2.7 reads; an older number would select older operator
   * schemas.
   */
  private static final String FORMAT = "10\n";

  private ProgramArchive() {}

  static byte[] write(String code, Map<String, String> attributes) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "program/version", FORMAT.getBytes(StandardCharsets.US_ASCII));
      store(zip, "program/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      store(zip, "program/data.pkl", pickle(attributes));
      store(zip, "program/code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private static byte[] pickle(Map<String, String> attributes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) 0x80, 2});
    out.write("c__torch__\nProgram\n".getBytes(StandardCharsets.US_ASCII));
    out.write(')');
    out.write(0x81);
    out.write('}');
    out.write('(');
    name(out, "training");
    out.write(0x89);
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      name(out, attribute.getKey());
      out.write(attribute.getValue().startsWith("Dict") ? '}' : ']');
    }
    out.write('u');
    out.write('b');
    out.write('.');
    return out.toByteArray();
  }

  private static void name(ByteArrayOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.write('X');
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(utf8.length >>> shift);
    }
    out.write(utf8);
  }

  private static void store(ZipOutputStream zip, String name, byte[] data) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(data);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(data.length);
    entry.setCompressedSize(data.length);
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(data);
    zip.closeEntry();
  }
}
