package org.safety4j.core.load.gguf;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.safety4j.core.error.InvalidModelFile;

/**
 * The keys and values of a GGUF file, read by type; an error names file, key and value. Immutable.
 */
public final class GgufMetadata {
  private final String origin;
  private final Map<String, Object> values;

  GgufMetadata(String origin, Map<String, Object> values) {
    this.origin = origin;
    this.values = Collections.unmodifiableMap(values);
  }

  /**
   * Returns where the metadata come from.
   *
   * @return the file
   */
  public String origin() {
    return origin;
  }

  /**
   * Returns all keys in the order of the file.
   *
   * @return the keys
   */
  public Set<String> keys() {
    return values.keySet();
  }

  /**
   * Tells whether a key is there.
   *
   * @param key the key
   * @return true if it is
   */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /**
   * Reads a text.
   *
   * @param key the key
   * @return its value
   * @throws InvalidModelFile if it is missing or not a text
   */
  public String string(String key) {
    if (required(key) instanceof String s) {
      return s;
    }
    throw wrong(key, "a text");
  }

  /**
   * Reads a text.
   *
   * @param key the key
   * @param fallback what to return if it is missing
   * @return its value
   * @throws InvalidModelFile if it is not a text
   */
  public String string(String key, String fallback) {
    return has(key) ? string(key) : fallback;
  }

  /**
   * Reads an integer.
   *
   * @param key the key
   * @return its value
   * @throws InvalidModelFile if it is missing or not a 32-bit integer
   */
  public int integer(String key) {
    Object value = required(key);
    if (value instanceof Long n && n == (int) (long) n) {
      return (int) (long) n;
    }
    throw wrong(key, "a 32-bit integer");
  }

  /**
   * Reads an integer.
   *
   * @param key the key
   * @param fallback what to return if it is missing
   * @return its value
   * @throws InvalidModelFile if it is not a 32-bit integer
   */
  public int integer(String key, int fallback) {
    return has(key) ? integer(key) : fallback;
  }

  /**
   * Reads a size: an integer greater than 0.
   *
   * @param key the key
   * @return its value
   * @throws InvalidModelFile if it is missing or not such an integer
   */
  public int size(String key) {
    int value = integer(key);
    if (value < 1) {
      throw wrong(key, "an integer of at least 1");
    }
    return value;
  }

  /**
   * Reads a number.
   *
   * @param key the key
   * @return its value
   * @throws InvalidModelFile if it is missing or not a finite number
   */
  public double number(String key) {
    if (required(key) instanceof Number n && Double.isFinite(n.doubleValue())) {
      return n.doubleValue();
    }
    throw wrong(key, "a finite number");
  }

  /**
   * Reads a number.
   *
   * @param key the key
   * @param fallback what to return if it is missing
   * @return its value
   * @throws InvalidModelFile if it is not a finite number
   */
  public double number(String key, double fallback) {
    return has(key) ? number(key) : fallback;
  }

  /**
   * Reads a flag.
   *
   * @param key the key
   * @param fallback what to return if it is missing
   * @return its value
   * @throws InvalidModelFile if it is not a boolean
   */
  public boolean flag(String key, boolean fallback) {
    if (!has(key)) {
      return fallback;
    }
    if (values.get(key) instanceof Boolean b) {
      return b;
    }
    throw wrong(key, "a boolean");
  }

  /**
   * Reads a list of texts.
   *
   * @param key the key
   * @return its value, unmodifiable
   * @throws InvalidModelFile if it is missing or not such a list
   */
  public List<String> strings(String key) {
    if (required(key) instanceof String[] s) {
      return Collections.unmodifiableList(java.util.Arrays.asList(s));
    }
    throw wrong(key, "a list of texts");
  }

  /**
   * Reads a list of integers.
   *
   * @param key the key
   * @return its values
   * @throws InvalidModelFile if it is missing or not such a list
   */
  public long[] integers(String key) {
    if (required(key) instanceof long[] n) {
      return n.clone();
    }
    throw wrong(key, "a list of integers");
  }

  /**
   * Reads a list of floats.
   *
   * @param key the key
   * @return its values
   * @throws InvalidModelFile if it is missing or not such a list
   */
  public double[] numbers(String key) {
    if (required(key) instanceof double[] x) {
      return x.clone();
    }
    throw wrong(key, "a list of floats");
  }

  boolean isScalar(String key) {
    Object value = values.get(key);
    return value != null && !value.getClass().isArray();
  }

  String scalarText(String key) {
    return values.get(key).toString();
  }

  private Object required(String key) {
    Object value = values.get(key);
    if (value == null) {
      throw new InvalidModelFile(origin + ": the metadata have no \"" + key + "\"");
    }
    return value;
  }

  private InvalidModelFile wrong(String key, String expected) {
    Object value = values.get(key);
    String shown = value.getClass().isArray() ? "a list" : "\"" + value + "\"";
    String cut = shown.length() > 80 ? shown.substring(0, 80) + "..." : shown;
    return new InvalidModelFile(origin + ": \"" + key + "\" must be " + expected + ", is " + cut);
  }
}
