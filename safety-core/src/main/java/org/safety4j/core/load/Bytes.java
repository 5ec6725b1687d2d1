package org.safety4j.core.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.safety4j.core.error.InvalidModelFile;

/** Random access to bytes that may exceed 2 GiB; slices are read-only and little-endian. */
interface Bytes extends AutoCloseable {
  long size();

  ByteBuffer slice(long offset, int length);

  @Override
  void close();

  /** Maps a file: whole where one buffer can span it, slice by slice otherwise. */
  static Bytes map(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new InvalidModelFile(file + ": no such file");
      }
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      try {
        long size = channel.size();
        return size <= Integer.MAX_VALUE
            ? new MappedWhole(channel.map(FileChannel.MapMode.READ_ONLY, 0, size), channel)
            : new MappedSlices(channel, size);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      throw new InvalidModelFile(file + ": no such file", e);
    } catch (IOException e) {
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Wraps bytes that are held in memory. */
  static Bytes of(ByteBuffer buffer) {
    return new MappedWhole(buffer.slice(), null);
  }

  /** One buffer over everything. */
  final class MappedWhole implements Bytes {
    private final ByteBuffer buffer;
    private final FileChannel channel;
    private volatile boolean closed;

    private MappedWhole(ByteBuffer buffer, FileChannel channel) {
      this.buffer = buffer.asReadOnlyBuffer();
      this.channel = channel;
    }

    @Override
    public long size() {
      return buffer.capacity();
    }

    @Override
    public ByteBuffer slice(long offset, int length) {
      if (closed) {
        throw new IllegalStateException("the tensor source is closed");
      }
      return buffer.slice(Math.toIntExact(offset), length).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
      closed = true;
      if (channel != null) {
        closeQuietly(channel);
      }
    }
  }

  /** A mapping for each slice. */
  final class MappedSlices implements Bytes {
    private final FileChannel channel;
    private final long size;

    private MappedSlices(FileChannel channel, long size) {
      this.channel = channel;
      this.size = size;
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public ByteBuffer slice(long offset, int length) {
      if (!channel.isOpen()) {
        throw new IllegalStateException("the tensor source is closed");
      }
      try {
        return channel
            .map(FileChannel.MapMode.READ_ONLY, offset, length)
            .order(ByteOrder.LITTLE_ENDIAN);
      } catch (IOException e) {
        throw new UncheckedIOException("a slice of the model file cannot be mapped", e);
      }
    }

    @Override
    public void close() {
      closeQuietly(channel);
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the model file cannot be closed", e);
    }
  }
}
