package org.safety4j.core.load;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;

/**
 * Typed reading of a JSON configuration ({@code config.json} and its like). A field that is missing
 * or of the wrong type gives an error that names file, field and value; JSON's null counts as
 * missing.
 *
 * <p>Immutable and thread-safe.
 */
public final class HfConfig {
  static final int MAX_BYTES = 16 << 20;

  private final String origin;
  private final String path;
  private final JsonNode node;

  private HfConfig(String origin, String path, JsonNode node) {
    this.origin = origin;
    this.path = path;
    this.node = node;
  }

  /**
   * Reads a file.
   *
   * @param file the file, at most 16 MiB
   * @return its configuration
   * @throws InvalidModelFile if the file is missing, too large or not a JSON object, or if a key is
   *     there twice
   */
  public static HfConfig read(Path file) {
    return new HfConfig(file.toString(), "", Json.object(file, MAX_BYTES));
  }

  /**
   * Parses text.
   *
   * @param origin what to call it in messages
   * @param json a JSON object
   * @return its configuration
   * @throws InvalidModelFile if the text is not a JSON object, or if a key is there twice
   */
  public static HfConfig parse(String origin, String json) {
    return new HfConfig(origin, "", Json.object(origin, json.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Returns where the configuration comes from.
   *
   * @return a path or another description
   */
  public String origin() {
    return origin;
  }

  /**
   * Tells whether a field is there and not null.
   *
   * @param field its name
   * @return true if it is
   */
  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  /**
   * Tells whether a field is there and holds an object.
   *
   * @param field its name
   * @return true if it does
   */
  public boolean isObject(String field) {
    return has(field) && node.get(field).isObject();
  }

  /**
   * Tells whether a field is there and holds an array.
   *
   * @param field its name
   * @return true if it does
   */
  public boolean isArray(String field) {
    return has(field) && node.get(field).isArray();
  }

  /**
   * Returns the names of all fields, in the order of the file.
   *
   * @return the names
   */
  public Set<String> fields() {
    Set<String> names = new LinkedHashSet<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /**
   * Reads a required integer.
   *
   * @param field its name
   * @return its value
   * @throws InvalidModelFile if it is missing or not a 32-bit integer
   */
  public int integer(String field) {
    return asInt(field, required(field));
  }

  /**
   * Reads an integer.
   *
   * @param field its name
   * @param fallback what to return if it is missing
   * @return its value
   * @throws InvalidModelFile if it is not a 32-bit integer
   */
  public int integer(String field, int fallback) {
    return has(field) ? integer(field) : fallback;
  }

  /**
   * Reads a required size: an integer greater than 0.
   *
   * @param field its name
   * @return its value
   * @throws InvalidModelFile if it is missing, not a 32-bit integer or less than 1
   */
  public int size(String field) {
    int value = integer(field);
    if (value < 1) {
      throw wrong(field, "an integer of at least 1", required(field));
    }
    return value;
  }

  /**
   * Reads a size: an integer greater than 0.
   *
   * @param field its name
   * @param fallback what to return if it is missing
   * @return its value
   * @throws InvalidModelFile if it is not a 32-bit integer or less than 1
   */
  public int size(String field, int fallback) {
    return has(field) ? size(field) : fallback;
  }

  /**
   * Reads a required number.
   *
   * @param field its name
   * @return its value, finite
   * @throws InvalidModelFile if it is missing or not a number
   */
  public double number(String field) {
    return asDouble(field, required(field));
  }

  /**
   * Reads a number.
   *
   * @param field its name
   * @param fallback what to return if it is missing
   * @return its value
   * @throws InvalidModelFile if it is not a number
   */
  public double number(String field, double fallback) {
    return has(field) ? number(field) : fallback;
  }

  /**
   * Reads a bound, which may be infinite.
   *
   * @param field its name
   * @param fallback what to return if it is missing
   * @return its value
   * @throws InvalidModelFile if it is not a number
   */
  public double bound(String field, double fallback) {
    return has(field)
        ? check(
            field,
            required(field),
            v -> v.isNumber() && !Double.isNaN(v.doubleValue()),
            "a number or an infinity",
            JsonNode::doubleValue)
        : fallback;
  }

  /**
   * Reads a required string.
   *
   * @param field its name
   * @return its value
   * @throws InvalidModelFile if it is missing or not a string
   */
  public String string(String field) {
    return asText(field, required(field));
  }

  /**
   * Reads a string.
   *
   * @param field its name
   * @param fallback what to return if it is missing
   * @return its value
   * @throws InvalidModelFile if it is not a string
   */
  public String string(String field, String fallback) {
    return has(field) ? string(field) : fallback;
  }

  /**
   * Reads a required flag.
   *
   * @param field its name
   * @return its value
   * @throws InvalidModelFile if it is missing or not true or false
   */
  public boolean flag(String field) {
    JsonNode value = required(field);
    return check(field, value, JsonNode::isBoolean, "true or false", JsonNode::booleanValue);
  }

  /**
   * Reads a flag.
   *
   * @param field its name
   * @param fallback what to return if it is missing
   * @return its value
   * @throws InvalidModelFile if it is not true or false
   */
  public boolean flag(String field, boolean fallback) {
    return has(field) ? flag(field) : fallback;
  }

  /**
   * Reads a required list of integers.
   *
   * @param field its name
   * @return its values
   * @throws InvalidModelFile if it is missing or not an array of 32-bit integers
   */
  public List<Integer> integers(String field) {
    return list(field, this::asInt);
  }

  /**
   * Reads a required list of numbers.
   *
   * @param field its name
   * @return its values
   * @throws InvalidModelFile if it is missing or not an array of numbers
   */
  public List<Double> numbers(String field) {
    return list(field, this::asDouble);
  }

  /**
   * Reads a required list of strings.
   *
   * @param field its name
   * @return its values
   * @throws InvalidModelFile if it is missing or not an array of strings
   */
  public List<String> strings(String field) {
    return list(field, this::asText);
  }

  /**
   * Reads a required object.
   *
   * @param field its name
   * @return its fields
   * @throws InvalidModelFile if it is missing or not an object
   */
  public HfConfig object(String field) {
    JsonNode value = required(field);
    return new HfConfig(
        origin,
        path + field + ".",
        check(field, value, JsonNode::isObject, "an object", Function.identity()));
  }

  /**
   * Returns what the model says it is.
   *
   * @return the field {@code architectures}, or an empty list if it is missing
   * @throws InvalidModelFile if it is not an array of strings
   */
  public List<String> architectures() {
    return has("architectures") ? strings("architectures") : List.of();
  }

  /**
   * Returns the names of classes: {@code id2label}, from 0 on.
   *
   * @return the names by class index; empty if the field is missing
   * @throws InvalidModelFile if its keys are not 0, 1, 2 ... or a name is not a string
   */
  public List<String> labels() {
    if (!has("id2label")) {
      return List.of();
    }
    HfConfig map = object("id2label");
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < map.node.size(); i++) {
      labels.add(map.string(Integer.toString(i)));
    }
    return labels;
  }

  /**
   * Makes the exception for a field whose value the reader of this configuration cannot accept.
   *
   * @param field its name
   * @param expected what would be accepted, as it follows "must be"
   * @return the exception, to be thrown
   */
  public InvalidModelFile invalid(String field, String expected) {
    return wrong(field, expected, required(field));
  }

  /** A value as the file has it, for messages. */
  String shown(String field) {
    return required(field).toString();
  }

  private JsonNode required(String field) {
    if (!has(field)) {
      throw new InvalidModelFile(
          origin + ": field \"" + path + field + "\" is missing" + NearNames.hint(field, fields()));
    }
    return node.get(field);
  }

  private <T> List<T> list(String field, ElementReader<T> reader) {
    JsonNode value = required(field);
    check(field, value, JsonNode::isArray, "an array", Function.identity());
    List<T> values = new ArrayList<>(value.size());
    for (int i = 0; i < value.size(); i++) {
      values.add(reader.read(field + "[" + i + "]", value.get(i)));
    }
    return values;
  }

  /** Reads one value under the name that messages give it. */
  @FunctionalInterface
  private interface ElementReader<T> {
    T read(String field, JsonNode value);
  }

  private int asInt(String field, JsonNode value) {
    return check(
        field,
        value,
        v -> v.isIntegralNumber() && v.canConvertToInt(),
        "a 32-bit integer",
        JsonNode::intValue);
  }

  private double asDouble(String field, JsonNode value) {
    return check(
        field,
        value,
        v -> v.isNumber() && Double.isFinite(v.doubleValue()),
        "a finite number",
        JsonNode::doubleValue);
  }

  private String asText(String field, JsonNode value) {
    return check(field, value, JsonNode::isTextual, "a string", JsonNode::textValue);
  }

  private <T> T check(
      String field,
      JsonNode value,
      Predicate<JsonNode> ok,
      String expected,
      Function<JsonNode, T> get) {
    if (!ok.test(value)) {
      throw wrong(field, expected, value);
    }
    return get.apply(value);
  }

  private InvalidModelFile wrong(String field, String expected, JsonNode value) {
    String text = value.toString();
    return new InvalidModelFile(
        origin
            + ": field \""
            + path
            + field
            + "\" must be "
            + expected
            + ", was "
            + (text.length() <= 200 ? text : text.substring(0, 200) + "..."));
  }
}
