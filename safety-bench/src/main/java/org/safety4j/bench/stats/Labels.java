package org.safety4j.bench.stats;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.safety4j.core.error.InvalidDataFile;

/**
 * Short, unique names for methods in a report: the method's name and its ball, and, only where that
 * is not unique, what differs in the configuration.
 */
final class Labels {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Map<String, String> labels = new LinkedHashMap<>();

  Labels(Collection<MethodRef> methods) {
    Map<String, List<MethodRef>> byName = new LinkedHashMap<>();
    LinkedHashSet<String> seen = new LinkedHashSet<>();
    for (MethodRef method : methods) {
      if (seen.add(key(method))) {
        byName.computeIfAbsent(plain(method), name -> new ArrayList<>()).add(method);
      }
    }
    byName.forEach(this::name);
  }

  private void name(String plain, List<MethodRef> group) {
    if (group.size() == 1) {
      labels.put(key(group.get(0)), plain);
      return;
    }
    List<Map<String, String>> configs = new ArrayList<>();
    LinkedHashSet<String> fields = new LinkedHashSet<>();
    for (MethodRef method : group) {
      Map<String, String> flat = settings(method.config());
      configs.add(flat);
      fields.addAll(flat.keySet());
    }
    fields.removeIf(
        field -> configs.stream().map(c -> Objects.toString(c.get(field))).distinct().count() == 1);
    for (int i = 0; i < group.size(); i++) {
      List<String> differences = new ArrayList<>();
      for (String field : fields) {
        differences.add(field + " " + configs.get(i).getOrDefault(field, "unset"));
      }
      String suffix = differences.isEmpty() ? group.get(i).id() : String.join(", ", differences);
      labels.put(key(group.get(i)), plain + " (" + suffix + ")");
    }
  }

  String of(MethodRef method) {
    return labels.getOrDefault(key(method), plain(method));
  }

  private static String key(MethodRef method) {
    return method.id() + "\n" + method.config();
  }

  private static String plain(MethodRef method) {
    return method.norm() == null ? method.name() : method.name() + " " + ball(method);
  }

  private static String ball(MethodRef method) {
    return norm(method.norm()) + " " + radius(method.epsilon());
  }

  static String norm(String norm) {
    return norm.equals("LINF") ? "Linf" : norm;
  }

  static String radius(double epsilon) {
    double levels = epsilon * 255;
    if (levels >= 0.999 && levels <= 32.001 && Math.abs(levels - Math.rint(levels)) < 1e-6) {
      return Math.round(levels) + "/255";
    }
    String text = String.format(Locale.ROOT, "%.4f", epsilon);
    return text.replaceAll("0+$", "").replaceAll("\\.$", "");
  }

  /** The leaves of a canonical configuration by their paths, without type names. */
  static Map<String, String> settings(String config) {
    Map<String, String> flat = new TreeMap<>();
    try {
      flatten("", MAPPER.readTree(config), flat);
    } catch (JsonProcessingException e) {
      throw new InvalidDataFile("not a canonical configuration: " + config, e);
    }
    return flat;
  }

  private static void flatten(String path, JsonNode node, Map<String, String> into) {
    if (node.isObject()) {
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        if (!field.getKey().equals("@")) {
          String name = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
          flatten(name, field.getValue(), into);
        }
      }
    } else {
      into.put(path, node.isTextual() ? node.asText() : node.toString());
    }
  }
}
