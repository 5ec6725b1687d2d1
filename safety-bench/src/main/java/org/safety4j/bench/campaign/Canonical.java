package org.safety4j.bench.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.safety4j.core.method.Method;
import org.safety4j.core.model.Source;

/**
 * Renders a method's configuration so that equal configurations give equal text, on every machine:
 * type names, and fields in the order of their declaration; maps and sets sorted.
 */
final class Canonical {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int DEPTH = 24;

  private Canonical() {}

  /**
   * Renders a method.
   *
   * @throws IllegalArgumentException if a field is neither a plain value, a record or class of
   *     such, nor a source
   */
  static String of(Method method) {
    return value(method, method.info().id(), 0).toString();
  }

  private static JsonNode value(Object value, String path, int depth) {
    if (depth > DEPTH) {
      throw new IllegalArgumentException(path + " is nested too deeply, or refers to itself");
    }
    if (value == null) {
      return JSON.nullNode();
    }
    if (value instanceof Boolean flag) {
      return JSON.booleanNode(flag);
    }
    if (value instanceof Number number) {
      return number(number);
    }
    if (value instanceof CharSequence || value instanceof Character || value instanceof Path) {
      return JSON.textNode(value.toString());
    }
    if (value instanceof Enum<?> constant) {
      return JSON.textNode(constant.name());
    }
    if (value instanceof Class<?> type) {
      return JSON.textNode(type.getName());
    }
    if (value instanceof Source<?> source) {
      return JSON.objectNode().put("@", "source").put("id", source.id());
    }
    if (value instanceof Optional<?> optional) {
      return value(optional.orElse(null), path, depth + 1);
    }
    if (value instanceof Map<?, ?> map) {
      return map(map, path, depth);
    }
    if (value instanceof Collection<?> collection) {
      return collection(collection, path, depth);
    }
    if (value.getClass().isArray()) {
      ArrayNode array = JSON.arrayNode();
      for (int i = 0; i < Array.getLength(value); i++) {
        array.add(value(Array.get(value, i), path + "[" + i + "]", depth + 1));
      }
      return array;
    }
    if (value.getClass().getName().startsWith("java.time.")) {
      return JSON.textNode(value.toString());
    }
    return fields(value, path, depth);
  }

  private static JsonNode number(Number number) {
    double value = number.doubleValue();
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return JSON.textNode(number.toString());
    }
    return JSON.numberNode(new BigDecimal(number.toString()));
  }

  private static JsonNode map(Map<?, ?> map, String path, int depth) {
    TreeMap<String, JsonNode> sorted = new TreeMap<>();
    map.forEach(
        (key, value) ->
            sorted.put(
                value(key, path, depth + 1).asText(), value(value, path + "." + key, depth + 1)));
    ObjectNode node = JSON.objectNode();
    sorted.forEach(node::set);
    return node;
  }

  private static JsonNode collection(Collection<?> collection, String path, int depth) {
    ArrayNode array = JSON.arrayNode();
    if (collection instanceof Set<?>) {
      TreeMap<String, JsonNode> sorted = new TreeMap<>();
      for (Object element : collection) {
        JsonNode node = value(element, path, depth + 1);
        sorted.put(node.toString(), node);
      }
      sorted.values().forEach(array::add);
    } else {
      int i = 0;
      for (Object element : collection) {
        array.add(value(element, path + "[" + i++ + "]", depth + 1));
      }
    }
    return array;
  }

  private static JsonNode fields(Object value, String path, int depth) {
    Class<?> type = value.getClass();
    if (type.isHidden() || type.isSynthetic() || type.getName().startsWith("java.")) {
      throw unfit(type, path);
    }
    ObjectNode node = JSON.objectNode().put("@", type.getName());
    TreeSet<String> seen = new TreeSet<>();
    for (Class<?> c = type; c != null && c != Object.class && c != Record.class; ) {
      for (Field field : c.getDeclaredFields()) {
        int modifiers = field.getModifiers();
        boolean part =
            !Modifier.isStatic(modifiers)
                && !Modifier.isTransient(modifiers)
                && seen.add(field.getName());
        if (part) {
          node.set(
              field.getName(),
              value(read(field, value, path), path + "." + field.getName(), depth + 1));
        }
      }
      c = c.getSuperclass();
    }
    return node;
  }

  private static Object read(Field field, Object of, String path) {
    try {
      field.setAccessible(true);
      return field.get(of);
    } catch (IllegalAccessException | InaccessibleObjectException e) {
      throw new IllegalArgumentException(
          path + "." + field.getName() + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static IllegalArgumentException unfit(Class<?> type, String path) {
    return new IllegalArgumentException(
        path
            + " is a "
            + type.getName()
            + ", which a campaign can neither hash nor store; use a record, an enum or a Source in"
            + " its place");
  }
}
