package org.safety4j.bench.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.core.error.SafetyException;

/**
 * A file to which finished results are appended, one JSON record a line, such that a process may be
 * killed at any moment: a record is on the disk when {@link #append} returns, and a line that was
 * only half written is dropped when the journal is opened again.
 *
 * <p>Each line carries a checksum of its record. A damaged line that is not the torn last one, or a
 * file that is no journal, is refused with the file's name and the line's number; nothing in it is
 * changed. One process writes at a time: a lock on the file sees to it. Thread-safe.
 *
 * <pre>{@code
 * try (Journal journal = Journal.open(Path.of("runs/digits.jsonl"), "digits")) {
 *   Set<String> done = keys(journal.records());
 *   journal.append(result);
 * }
 * }</pre>
 */
public final class Journal implements AutoCloseable {
  private static final String FORMAT = "safety4j-journal";
  private static final int VERSION = 2;
  private static final int MAX_LINE = 64 << 20;
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION).build();

  private final Path file;
  private final FileChannel channel;
  private final List<JsonNode> records;

  private Journal(Path file, FileChannel channel, List<JsonNode> records) {
    this.file = file;
    this.channel = channel;
    this.records = records;
  }

  private record Header(String format, int version, String name) {}

  private record Content(List<JsonNode> records, long soundBytes) {}

  /**
   * Opens a journal for writing, or starts one. A torn last line is cut off.
   *
   * @param file the journal's file; missing parent folders are made
   * @param name what the journal is of, for instance a campaign's name; kept in its first line
   * @return the journal, to be closed by the caller
   * @throws InvalidDataFile if the file is no journal, is of another name or version, or is damaged
   *     elsewhere than in a torn last line
   * @throws SafetyException if another process or journal object has the file open for writing
   * @throws UncheckedIOException if the file cannot be read or written
   */
  public static Journal open(Path file, String name) {
    Objects.requireNonNull(name, "name");
    FileChannel channel = null;
    try {
      Path parent = file.toAbsolutePath().getParent();
      Files.createDirectories(parent);
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      lock(channel, file);
      byte[] header = line(MAPPER.valueToTree(new Header(FORMAT, VERSION, name)));
      Content content = parse(file, header, name);
      if (content.soundBytes == 0) {
        channel.truncate(0);
        write(channel, header);
        channel.force(true);
        syncFolder(parent);
      } else if (content.soundBytes < channel.size()) {
        channel.truncate(content.soundBytes);
        channel.force(true);
      }
      channel.position(channel.size());
      return new Journal(file, channel, content.records);
    } catch (IOException e) {
      close(channel, e);
      throw new UncheckedIOException("cannot open journal " + file + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      close(channel, e);
      throw e;
    }
  }

  /**
   * Reads a journal's records without opening it for writing; a torn last line is left out. May be
   * called while another process writes.
   *
   * @param file the journal's file
   * @return the records in the order written
   * @throws InvalidDataFile if the file is no journal or is damaged elsewhere than in a torn last
   *     line
   * @throws UncheckedIOException if the file cannot be read
   */
  public static List<JsonNode> read(Path file) {
    try {
      return List.copyOf(parse(file, new byte[0], null).records);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read journal " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * The records that stood in the file when it was opened and those appended since.
   *
   * @return the records in the order written
   */
  public synchronized List<JsonNode> records() {
    return List.copyOf(records);
  }

  /**
   * Appends a record and waits until it is on the disk.
   *
   * @param record what to keep: any value that Jackson can write
   * @throws UncheckedIOException if it cannot be written; the journal then ends with a torn line at
   *     worst, and stays readable
   */
  public synchronized void append(Object record) {
    JsonNode tree = MAPPER.valueToTree(record);
    try {
      write(channel, line(tree));
      channel.force(false);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write journal " + file + ": " + e.getMessage(), e);
    }
    records.add(tree);
  }

  /** Closes the file and gives up the lock. */
  @Override
  public synchronized void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close journal " + file + ": " + e.getMessage(), e);
    }
  }

  private static void lock(FileChannel channel, Path file) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw new SafetyException(
          "journal "
              + file
              + " is being written by another campaign; wait until that has ended, or name another"
              + " file");
    }
  }

  private static byte[] line(JsonNode record) throws JsonProcessingException {
    return JournalLine.encode(MAPPER.writeValueAsBytes(record));
  }

  private static void write(FileChannel channel, byte[] line) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(line);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private static Content parse(Path file, byte[] header, String name) throws IOException {
    List<JsonNode> records = new ArrayList<>();
    long sound = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      long number = 1;
      while (readLine(in, line, file, number)) {
        JsonNode record = decode(line.toByteArray(), file, number);
        if (number == 1) {
          checkHeader(record, file, name);
        } else {
          records.add(record);
        }
        sound += line.size() + 1;
        number++;
      }
      byte[] rest = line.toByteArray();
      boolean tornHeader =
          rest.length < header.length
              && Arrays.equals(rest, 0, rest.length, header, 0, rest.length);
      if (number == 1 && !tornHeader) {
        throw foreign(file);
      }
    }
    return new Content(records, sound);
  }

  /** Reads up to a line end; false if the file ends first, with what was left in the buffer. */
  private static boolean readLine(
      InputStream in, ByteArrayOutputStream line, Path file, long number) throws IOException {
    line.reset();
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b == '\n') {
        return true;
      }
      line.write(b);
      if (line.size() > MAX_LINE) {
        throw new InvalidDataFile(
            file + ", line " + number + ": longer than " + MAX_LINE + " bytes; not a journal");
      }
    }
    return false;
  }

  private static JsonNode decode(byte[] line, Path file, long number) {
    byte[] record = JournalLine.decode(line).orElse(null);
    if (record == null) {
      throw number == 1
          ? foreign(file)
          : new InvalidDataFile(
              file
                  + ", line "
                  + number
                  + ": damaged, its checksum does not match; restore the file from a copy, or delete"
                  + " this line to have its cell run again");
    }
    try {
      return MAPPER.readTree(record);
    } catch (IOException e) {
      throw new InvalidDataFile(file + ", line " + number + ": no JSON: " + e.getMessage(), e);
    }
  }

  private static void checkHeader(JsonNode record, Path file, String name) {
    if (!FORMAT.equals(record.path("format").asText())) {
      throw foreign(file);
    }
    int version = record.path("version").asInt();
    if (version != VERSION) {
      throw new InvalidDataFile(
          file + ", line 1: journal version " + version + ", this library reads " + VERSION);
    }
    String found = record.path("name").asText();
    if (name != null && !name.equals(found)) {
      throw new InvalidDataFile(
          file
              + ", line 1: the journal is of \""
              + found
              + "\", not of \""
              + name
              + "\"; name another file");
    }
  }

  private static InvalidDataFile foreign(Path file) {
    return new InvalidDataFile(
        file + ", line 1: not a Safety4J journal; it was left as it is, name another file");
  }

  private static void syncFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Some systems cannot open a folder; there the file's own flush has to do.
      return;
    }
  }

  private static void close(FileChannel channel, Exception cause) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        cause.addSuppressed(e);
      }
    }
  }
}
