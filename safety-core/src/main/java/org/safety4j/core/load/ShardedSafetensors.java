package org.safety4j.core.load;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;

/**
 * A model that is spread over several safetensors files, as its index ({@code
 * model.safetensors.index.json}) tells.
 *
 * <p>Shards must lie beside the index: a name with a folder in it is refused.
 */
public final class ShardedSafetensors implements TensorSource {
  private static final int MAX_INDEX = 100_000_000;
  private static final int MAX_SHARDS = 10_000;
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*\\.safetensors");

  private final String origin;
  private final Map<String, SafetensorsFile> shards;
  private final Map<String, SafetensorsFile> byTensor;
  private final Map<String, String> metadata;

  private ShardedSafetensors(
      String origin,
      Map<String, SafetensorsFile> shards,
      Map<String, SafetensorsFile> byTensor,
      Map<String, String> metadata) {
    this.origin = origin;
    this.shards = shards;
    this.byTensor = byTensor;
    this.metadata = metadata;
  }

  /**
   * Opens an index and all of its shards.
   *
   * @param index the index file
   * @return the source, to be closed by the caller
   * @throws InvalidModelFile if the index or a shard is missing, damaged or hostile, or if a shard
   *     lacks a tensor that the index places in it
   */
  public static ShardedSafetensors open(Path index) {
    JsonNode root = Json.object(index, MAX_INDEX);
    JsonNode map = root.get("weight_map");
    if (map == null || !map.isObject()) {
      throw new InvalidModelFile(index + ": \"weight_map\" is missing or not an object");
    }
    Map<String, SafetensorsFile> shards = new LinkedHashMap<>();
    Map<String, SafetensorsFile> byTensor = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, JsonNode> field : map.properties()) {
        String file = shardName(index, field.getKey(), field.getValue());
        SafetensorsFile shard = shards.get(file);
        if (shard == null) {
          if (shards.size() == MAX_SHARDS) {
            throw new InvalidModelFile(index + ": more than " + MAX_SHARDS + " shards");
          }
          shard = SafetensorsFile.open(index.resolveSibling(file));
          shards.put(file, shard);
        }
        shard.info(field.getKey());
        byTensor.put(field.getKey(), shard);
      }
    } catch (RuntimeException e) {
      shards.values().forEach(SafetensorsFile::close);
      throw e;
    }
    return new ShardedSafetensors(index.toString(), shards, byTensor, texts(root.get("metadata")));
  }

  private static String shardName(Path index, String tensor, JsonNode value) {
    String file = value.isTextual() ? value.textValue() : "";
    if (!PLAIN.matcher(file).matches()) {
      throw new InvalidModelFile(
          index
              + ": tensor \""
              + tensor
              + "\" lies in "
              + value
              + "; a shard must be a plain file name that ends in .safetensors");
    }
    return file;
  }

  private static Map<String, String> texts(JsonNode node) {
    Map<String, String> texts = new LinkedHashMap<>();
    if (node != null && node.isObject()) {
      node.properties().forEach(f -> texts.put(f.getKey(), f.getValue().asText()));
    }
    return texts;
  }

  @Override
  public String origin() {
    return origin;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(byTensor.keySet());
  }

  @Override
  public TensorInfo info(String name) {
    return shard(name).info(name);
  }

  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  @Override
  public NDArray read(String name, NDManager manager) {
    return shard(name).read(name, manager);
  }

  @Override
  public ByteBuffer raw(String name) {
    return shard(name).raw(name);
  }

  @Override
  public void close() {
    shards.values().forEach(SafetensorsFile::close);
  }

  private SafetensorsFile shard(String name) {
    SafetensorsFile shard = byTensor.get(name);
    if (shard == null) {
      throw new InvalidModelFile(
          origin
              + ": no tensor \""
              + name
              + "\" among "
              + names().size()
              + NearNames.hint(name, names()));
    }
    return shard;
  }
}
