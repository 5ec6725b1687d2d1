package org.safety4j.core.load.gguf;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.Require;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.StoredType;
import org.safety4j.core.load.TensorInfo;
import org.safety4j.core.load.TensorSource;
import org.safety4j.core.tensor.Ops;

/**
 * A memory-mapped GGUF file, version 2 or 3.
 *
 * <p>Opening reads and checks the header alone. Reading a tensor dequantises it to float32, so as a
 * {@link TensorSource} every tensor is of type F32. Names and the order of rows are those of the
 * file.
 *
 * <pre>{@code
 * try (GgufFile file = GgufFile.open(Path.of("model.gguf"))) {
 *   file.metadata().string("general.architecture");
 *   NDArray embeddings = file.read("token_embd.weight", manager);
 * }
 * }</pre>
 *
 * <p>May be read by several threads at once. An unmodified file is assumed while it is open.
 */
public final class GgufFile implements TensorSource {
  private static final long MAX_HEADER = 1 << 30;
  private static final int CHUNK = 1 << 14;

  private final String origin;
  private final Bytes bytes;
  private final GgufMetadata metadata;
  private final Map<String, GgufTensor> tensors;
  private final int threads;

  /** Where slices of the file come from. */
  private interface Bytes {
    ByteBuffer slice(long offset, long length) throws IOException;

    void close() throws IOException;
  }

  private record Mapped(FileChannel channel) implements Bytes {
    @Override
    public ByteBuffer slice(long offset, long length) throws IOException {
      return channel.map(MapMode.READ_ONLY, offset, length);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private record Held(ByteBuffer buffer) implements Bytes {
    @Override
    public ByteBuffer slice(long offset, long length) {
      return buffer.slice(Math.toIntExact(offset), Math.toIntExact(length));
    }

    @Override
    public void close() {}
  }

  private GgufFile(
      String origin,
      Bytes bytes,
      GgufMetadata metadata,
      Map<String, GgufTensor> tensors,
      int threads) {
    this.origin = origin;
    this.bytes = bytes;
    this.metadata = metadata;
    this.tensors = tensors;
    this.threads = threads;
  }

  private static GgufFile open(String origin, Bytes bytes, long size) throws IOException {
    ByteBuffer start = bytes.slice(0, Math.min(size, MAX_HEADER)).order(ByteOrder.LITTLE_ENDIAN);
    GgufHeader header = GgufHeader.parse(origin, start, size);
    return new GgufFile(
        origin, bytes, new GgufMetadata(origin, header.metadata()), header.tensors(), 1);
  }

  /**
   * Opens a file.
   *
   * @param file the file
   * @return the open file, to be closed by the caller
   * @throws InvalidModelFile if it is missing, damaged or hostile
   * @throws UnsupportedModel if its version or the type of a tensor is not supported; the message
   *     names it
   */
  public static GgufFile open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidModelFile(file + ": no such file");
    }
    Mapped mapped = null;
    try {
      mapped = new Mapped(FileChannel.open(file, StandardOpenOption.READ));
      return open(file.toString(), mapped, mapped.channel.size());
    } catch (IOException e) {
      close(mapped);
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      close(mapped);
      throw e;
    }
  }

  /**
   * Reads a file's bytes that are in memory already.
   *
   * @param origin what to call it in messages
   * @param bytes the whole file, from position to limit; not copied
   * @return the file
   * @throws InvalidModelFile if it is damaged or hostile
   * @throws UnsupportedModel if its version or the type of a tensor is not supported; the message
   *     names it
   */
  public static GgufFile of(String origin, ByteBuffer bytes) {
    try {
      return open(origin, new Held(bytes.slice()), bytes.remaining());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The same open file, which uses several threads to dequantise a tensor. Closing either closes
   * both. The default is one thread.
   *
   * @param count how many threads, at least 1
   * @return the view
   */
  public GgufFile withThreads(int count) {
    return new GgufFile(origin, bytes, metadata, tensors, Require.atLeast("threads", count, 1));
  }

  /**
   * Returns the metadata with their types; {@link #metadata()} has texts only.
   *
   * @return the metadata
   */
  public GgufMetadata values() {
    return metadata;
  }

  /**
   * Returns what the file says about a tensor.
   *
   * @param name the tensor's name
   * @return type, shape and place
   * @throws InvalidModelFile if there is no such tensor; the message lists near names
   */
  public GgufTensor tensor(String name) {
    GgufTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new InvalidModelFile(
          origin
              + ": no tensor \""
              + name
              + "\" among "
              + tensors.size()
              + NearNames.hint(name, tensors.keySet()));
    }
    return tensor;
  }

  @Override
  public String origin() {
    return origin;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public TensorInfo info(String name) {
    return new TensorInfo(name, StoredType.F32, tensor(name).shape());
  }

  @Override
  public Map<String, String> metadata() {
    Map<String, String> texts = new LinkedHashMap<>();
    for (String key : metadata.keys()) {
      if (metadata.isScalar(key)) {
        texts.put(key, metadata.scalarText(key));
      }
    }
    return texts;
  }

  @Override
  public NDArray read(String name, NDManager manager) {
    NDArray array = manager.create(tensor(name).shape(), DataType.FLOAT32);
    try {
      read(name, array, IntUnaryOperator.identity());
    } catch (RuntimeException e) {
      array.close();
      throw e;
    }
    return array;
  }

  /**
   * Reads a tensor into memory that is there already.
   *
   * @param name the tensor's name
   * @param target what is overwritten, float32, contiguous, of the tensor's shape
   * @param place where each row goes: a permutation of the numbers of rows. A row is what the last
   *     axis runs through; of a tensor with one axis every number is a row
   * @throws InvalidModelFile if there is no such tensor
   * @throws UnsupportedModel if its stored data exceed 2 GiB
   * @throws IllegalArgumentException if the target has another shape or type
   */
  public void read(String name, NDArray target, IntUnaryOperator place) {
    Shape shape = tensor(name).shape();
    Require.that(
        target.getShape().equals(shape), "target must be " + shape + ", was " + target.getShape());
    Require.that(
        target.getDataType() == DataType.FLOAT32,
        "target must be float32, was " + target.getDataType());
    Device device = target.getDevice();
    NDArray host =
        device.equals(Device.cpu())
            ? target
            : target.getManager().create(shape, DataType.FLOAT32, Device.cpu());
    expand(
        tensor(name),
        place,
        host.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer());
    if (host != target) {
      try (host;
          NDArray there = host.toDevice(device, true)) {
        Ops.overwrite(target, there);
      }
    }
  }

  /**
   * Expands a tensor into float32.
   *
   * @param name the tensor's name
   * @param target where the numbers go, from its position; must have room for all of them
   * @throws InvalidModelFile if there is no such tensor
   * @throws UnsupportedModel if its stored data exceed 2 GiB
   */
  public void dequantise(String name, FloatBuffer target) {
    expand(tensor(name), IntUnaryOperator.identity(), target.slice());
  }

  private void expand(GgufTensor tensor, IntUnaryOperator place, FloatBuffer out) {
    GgufType type = tensor.type();
    ByteBuffer source = stored(tensor);
    Shape shape = tensor.shape();
    int row = shape.dimension() < 2 ? 1 : Math.toIntExact(shape.get(shape.dimension() - 1));
    long blocks = shape.size() / type.blockSize();
    int perChunk = CHUNK / type.blockSize();
    int chunks = Math.toIntExact((blocks + perChunk - 1) / perChunk);
    int workers = Math.min(threads, chunks);
    IntStream parts = IntStream.range(0, workers);
    (workers > 1 ? parts.parallel() : parts)
        .forEach(
            part -> {
              byte[] bytes = new byte[perChunk * type.blockBytes()];
              float[] numbers = new float[perChunk * type.blockSize()];
              int from = (int) ((long) chunks * part / workers);
              int to = (int) ((long) chunks * (part + 1) / workers);
              for (int chunk = from; chunk < to; chunk++) {
                long first = (long) chunk * perChunk;
                int n = (int) Math.min(perChunk, blocks - first);
                source.get((int) (first * type.blockBytes()), bytes, 0, n * type.blockBytes());
                type.expand(bytes, n, numbers);
                put(
                    numbers,
                    n * type.blockSize(),
                    (int) (first * type.blockSize()),
                    row,
                    place,
                    out);
              }
            });
  }

  /** Puts numbers that stand at {@code first} of a tensor where their rows go. */
  private static void put(
      float[] numbers, int count, int first, int row, IntUnaryOperator place, FloatBuffer out) {
    int done = 0;
    while (done < count) {
      int within = (first + done) % row;
      int length = Math.min(row - within, count - done);
      out.put(place.applyAsInt((first + done) / row) * row + within, numbers, done, length);
      done += length;
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws UnsupportedModel also if the tensor is quantised: its bytes mean nothing without its
   *     {@link GgufType}
   */
  @Override
  public ByteBuffer raw(String name) {
    GgufTensor tensor = tensor(name);
    if (tensor.type() != GgufType.F32) {
      throw new UnsupportedModel(
          origin
              + ": tensor \""
              + name
              + "\" is stored as "
              + tensor.type()
              + ", not plain float32; read it instead");
    }
    return stored(tensor);
  }

  private ByteBuffer stored(GgufTensor tensor) {
    if (tensor.byteSize() > Integer.MAX_VALUE) {
      throw new UnsupportedModel(
          origin
              + ": tensor \""
              + tensor.name()
              + "\" of "
              + tensor.byteSize()
              + " bytes exceeds what one buffer can hold");
    }
    try {
      return bytes.slice(tensor.offset(), tensor.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
    } catch (ClosedChannelException e) {
      throw new IllegalStateException(origin + " is closed", e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          origin + ": tensor \"" + tensor.name() + "\" cannot be mapped", e);
    }
  }

  @Override
  public void close() {
    close(bytes);
  }

  private static void close(Bytes bytes) {
    if (bytes == null) {
      return;
    }
    try {
      bytes.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the model file cannot be closed", e);
    }
  }
}
