package org.safety4j.datasets.file;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.safety4j.core.error.InvalidDataFile;

/**
 * Reads a binary file front to back, knows where it stands, and turns every shortage, surplus and
 * excess into an {@link InvalidDataFile} that names the file and the byte. Memory grows with the
 * bytes that are there, never with the number that a header claims. Close it after use; not
 * thread-safe.
 */
public final class BoundedInput implements Closeable {
  private static final int GZIP_FIRST = 0x1f;
  private static final int GZIP_SECOND = 0x8b;

  private final String name;
  private final InputStream in;
  private final long maxBytes;
  private final boolean compressed;
  private long position;

  /**
   * Reads from a stream.
   *
   * @param name how messages call the source
   * @param in the bytes; closed together with this reader
   * @param maxBytes largest number of bytes that may be read
   */
  public BoundedInput(String name, InputStream in, long maxBytes) {
    this(name, in, maxBytes, false);
  }

  private BoundedInput(String name, InputStream in, long maxBytes, boolean compressed) {
    this.name = name;
    this.in = in;
    this.maxBytes = maxBytes;
    this.compressed = compressed;
  }

  /**
   * Opens a file, decompressing it on the way if it starts as gzip does.
   *
   * @param file the file
   * @param limits the bounds; {@link ReadLimits#maxBytes()} counts decompressed bytes
   * @return the reader, to be closed by the caller
   * @throws InvalidDataFile if the file is absent, unreadable or has a broken gzip header
   */
  public static BoundedInput open(Path file, ReadLimits limits) {
    InputStream raw = null;
    try {
      raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
      raw.mark(2);
      boolean gzip = raw.read() == GZIP_FIRST && raw.read() == GZIP_SECOND;
      raw.reset();
      InputStream in = gzip ? new GZIPInputStream(raw, 1 << 16) : raw;
      return new BoundedInput(file.toString(), in, limits.maxBytes(), gzip);
    } catch (IOException e) {
      InvalidDataFile failure = unreadable(file, e);
      closeAfter(raw, failure);
      throw failure;
    }
  }

  /**
   * Explains why a file could not be opened.
   *
   * @param file the file
   * @param cause what was caught
   * @return the exception to throw
   */
  public static InvalidDataFile unreadable(Path file, IOException cause) {
    String why =
        cause instanceof NoSuchFileException
            ? "no such file; check the path"
            : "cannot be read at byte 0: " + cause.getMessage();
    return new InvalidDataFile(file + ": " + why, cause);
  }

  /**
   * Tells how many bytes have been read, after decompression.
   *
   * @return the offset of the next byte
   */
  public long position() {
    return position;
  }

  /**
   * Reads bytes.
   *
   * @param count how many, not negative
   * @param what what they are, for the message
   * @return exactly that many bytes
   * @throws InvalidDataFile if fewer are left, more were asked for than the limit allows, or
   *     reading fails
   */
  public byte[] bytes(long count, String what) {
    if (count < 0 || count > maxBytes - position) {
      throw error(
          what
              + " needs "
              + count
              + " bytes, more than the limit of "
              + maxBytes
              + " bytes a file leaves; raise ReadLimits.maxBytes if the file is to be trusted");
    }
    try {
      byte[] read = in.readNBytes((int) count);
      if (read.length < count) {
        position += read.length;
        throw error(
            "file ends inside "
                + what
                + ": "
                + count
                + " bytes expected, "
                + read.length
                + " there");
      }
      position += read.length;
      return read;
    } catch (IOException e) {
      throw error("cannot read " + what + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads an unsigned byte.
   *
   * @param what what it is, for the message
   * @return the value, in [0, 255]
   * @throws InvalidDataFile if the file has ended
   */
  public int unsignedByte(String what) {
    return bytes(1, what)[0] & 0xff;
  }

  /**
   * Reads a 32-bit integer, most significant byte first.
   *
   * @param what what it is, for the message
   * @return the value
   * @throws InvalidDataFile if the file has ended
   */
  public int bigEndianInt(String what) {
    return ByteBuffer.wrap(bytes(Integer.BYTES, what)).getInt();
  }

  /**
   * Reads all that is left.
   *
   * @param what what it is, for the message
   * @return the rest, possibly empty
   * @throws InvalidDataFile if it is more than the limit allows or reading fails
   */
  public byte[] rest(String what) {
    long room = maxBytes - position;
    try {
      byte[] read = in.readNBytes((int) room);
      position += read.length;
      if (read.length == room && in.read() >= 0) {
        throw error(
            what
                + " is longer than the limit of "
                + maxBytes
                + " bytes; raise ReadLimits.maxBytes if the file is to be trusted");
      }
      return read;
    } catch (IOException e) {
      throw error("cannot read " + what + ": " + e.getMessage(), e);
    }
  }

  /**
   * Checks that nothing is left.
   *
   * @param what what should have been the last part, for the message
   * @throws InvalidDataFile if there is another byte, or the compressed stream is damaged at its
   *     end
   */
  public void expectEnd(String what) {
    try {
      if (in.read() >= 0) {
        throw error("bytes left over after " + what);
      }
    } catch (IOException e) {
      throw error("damaged end after " + what + ": " + e.getMessage(), e);
    }
  }

  /**
   * Makes the exception for something wrong at the place where the reader stands.
   *
   * @param problem what is wrong and what to do about it
   * @return the exception to throw
   */
  public InvalidDataFile error(String problem) {
    return error(problem, null);
  }

  /**
   * Makes the exception for something wrong at the place where the reader stands, with its cause.
   *
   * @param problem what is wrong and what to do about it
   * @param cause what was caught, or null
   * @return the exception to throw
   */
  public InvalidDataFile error(String problem, Throwable cause) {
    String place = " at byte " + position + (compressed ? " (decompressed)" : "");
    return new InvalidDataFile(name + place + ": " + problem, cause);
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw error("cannot close: " + e.getMessage(), e);
    }
  }

  private static void closeAfter(InputStream in, InvalidDataFile failure) {
    if (in != null) {
      try {
        in.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }
}
