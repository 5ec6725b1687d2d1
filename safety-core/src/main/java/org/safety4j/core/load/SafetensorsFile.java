package org.safety4j.core.load;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.UnsupportedModel;

/**
 * A memory-mapped safetensors file, or one that is held in memory.
 *
 * <p>Opening reads and checks the header alone: a tensor's pages are touched when it is read. Files
 * may exceed 2 GiB. The header is refused if it is longer than 100 MB or than the file, names a
 * tensor twice, or describes data that overlap, leave holes, lie outside the file or do not have
 * the size that shape and type ask for. An unmodified file is assumed while the source is open.
 *
 * <p>Example:
 *
 * <pre>{@code
 * try (SafetensorsFile file = SafetensorsFile.open(Path.of("model.safetensors"))) {
 *   NDArray weight = file.read("classifier.weight", manager);
 * }
 * }</pre>
 */
public final class SafetensorsFile implements TensorSource {
  private final String origin;
  private final Bytes bytes;
  private final SafetensorsHeader header;

  private SafetensorsFile(String origin, Bytes bytes) {
    this.origin = origin;
    this.bytes = bytes;
    try {
      this.header = SafetensorsHeader.parse(origin, bytes);
    } catch (RuntimeException e) {
      bytes.close();
      throw e;
    }
  }

  /**
   * Opens a file.
   *
   * @param file the file
   * @return the source, to be closed by the caller
   * @throws InvalidModelFile if the file is missing, damaged or hostile
   * @throws UnsupportedModel if a tensor has an element type that is not in {@link StoredType}
   */
  public static SafetensorsFile open(Path file) {
    return new SafetensorsFile(file.toString(), Bytes.map(file));
  }

  /**
   * Reads a file's bytes that are in memory already.
   *
   * @param origin what to call it in messages
   * @param bytes the whole file, from position to limit; not copied
   * @return the source
   * @throws InvalidModelFile if the bytes are damaged or hostile
   * @throws UnsupportedModel if a tensor has an element type that is not in {@link StoredType}
   */
  public static SafetensorsFile of(String origin, ByteBuffer bytes) {
    return new SafetensorsFile(origin, Bytes.of(bytes));
  }

  /**
   * Reads a class path resource into memory.
   *
   * @param anchor the class that the resource lies beside
   * @param name the resource's name, as for {@link Class#getResourceAsStream}
   * @return the source
   * @throws InvalidModelFile if the resource is missing or damaged
   * @throws UnsupportedModel if a tensor has an element type that is not in {@link StoredType}
   */
  public static SafetensorsFile ofResource(Class<?> anchor, String name) {
    try (InputStream in = anchor.getResourceAsStream(name)) {
      if (in == null) {
        throw new InvalidModelFile(
            "resource " + name + " beside " + anchor.getName() + ": not on the class path");
      }
      return of("resource " + name, ByteBuffer.wrap(in.readAllBytes()));
    } catch (IOException e) {
      throw new InvalidModelFile("resource " + name + ": cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public String origin() {
    return origin;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(header.entries().keySet());
  }

  @Override
  public TensorInfo info(String name) {
    return entry(name).info();
  }

  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata());
  }

  @Override
  public NDArray read(String name, NDManager manager) {
    SafetensorsHeader.Entry entry = entry(name);
    long start = header.dataOffset() + entry.begin();
    return TensorDecoder.read(
        origin, entry.info(), (offset, length) -> bytes.slice(start + offset, length), manager);
  }

  @Override
  public ByteBuffer raw(String name) {
    SafetensorsHeader.Entry entry = entry(name);
    long size = entry.info().byteSize();
    if (size > Integer.MAX_VALUE) {
      throw new UnsupportedModel(
          origin
              + ": tensor \""
              + name
              + "\" of "
              + size
              + " bytes exceeds what one buffer can hold; read it instead");
    }
    return bytes.slice(header.dataOffset() + entry.begin(), (int) size);
  }

  @Override
  public void close() {
    bytes.close();
  }

  private SafetensorsHeader.Entry entry(String name) {
    SafetensorsHeader.Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new InvalidModelFile(
          origin
              + ": no tensor \""
              + name
              + "\" among "
              + names().size()
              + NearNames.hint(name, names()));
    }
    return entry;
  }
}
