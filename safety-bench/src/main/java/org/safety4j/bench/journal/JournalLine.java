package org.safety4j.bench.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * One line of a journal: {@code {"sum":"1a2b3c4d","record":{...}}}, where the sum is the CRC-32C of
 * the record's bytes as they stand in the line.
 */
final class JournalLine {
  private static final byte[] PREFIX = "{\"sum\":\"".getBytes(UTF_8);
  private static final byte[] MIDDLE = "\",\"record\":".getBytes(UTF_8);
  private static final int SUM = 8;
  private static final int START = PREFIX.length + SUM + MIDDLE.length;

  private JournalLine() {}

  static byte[] encode(byte[] record) {
    byte[] line = new byte[START + record.length + 2];
    System.arraycopy(PREFIX, 0, line, 0, PREFIX.length);
    System.arraycopy(sum(record, 0, record.length), 0, line, PREFIX.length, SUM);
    System.arraycopy(MIDDLE, 0, line, PREFIX.length + SUM, MIDDLE.length);
    System.arraycopy(record, 0, line, START, record.length);
    line[line.length - 2] = '}';
    line[line.length - 1] = '\n';
    return line;
  }

  /** The record's bytes of a line without its line end; empty if the line is not a sound one. */
  static Optional<byte[]> decode(byte[] line) {
    boolean framed =
        line.length > START
            && Arrays.equals(line, 0, PREFIX.length, PREFIX, 0, PREFIX.length)
            && Arrays.equals(line, PREFIX.length + SUM, START, MIDDLE, 0, MIDDLE.length)
            && line[line.length - 1] == '}';
    if (!framed) {
      return Optional.empty();
    }
    byte[] expected = sum(line, START, line.length - 1 - START);
    boolean sound =
        Arrays.equals(line, PREFIX.length, PREFIX.length + SUM, expected, 0, expected.length);
    return sound ? Optional.of(Arrays.copyOfRange(line, START, line.length - 1)) : Optional.empty();
  }

  private static byte[] sum(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return HexFormat.of().toHexDigits((int) crc.getValue()).getBytes(UTF_8);
  }
}
