package org.safety4j.datasets.synthetic;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.error.InvalidDataFile;

/**
 * The texts of a world: lines {@code section | use | text}. A template is named {@code
 * section/use/number}.
 */
final class WorldTemplates {
  /** One wording. */
  record Template(String id, String section, String use, String text) {
    String with(Map<String, String> values) {
      String filled = text;
      for (Map.Entry<String, String> value : values.entrySet()) {
        filled = filled.replace("{" + value.getKey() + "}", value.getValue());
      }
      return filled;
    }
  }

  private final Map<String, List<Template>> templates = new LinkedHashMap<>();

  static WorldTemplates read(String resource) {
    try (InputStream in = WorldTemplates.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + resource);
      }
      return new WorldTemplates(
          resource, new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read resource " + resource, e);
    }
  }

  private WorldTemplates(String origin, List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] parts = line.split(" \\| ", 3);
      if (parts.length != 3) {
        throw new InvalidDataFile(
            origin
                + " line "
                + (i + 1)
                + ": \"section | use | text\" expected, is \""
                + line
                + '"');
      }
      List<Template> known =
          templates.computeIfAbsent(key(parts[0], parts[1]), k -> new ArrayList<>());
      known.add(
          new Template(
              parts[0] + "/" + parts[1] + "/" + known.size(), parts[0], parts[1], parts[2]));
    }
  }

  private static String key(String section, String use) {
    return section + "|" + use;
  }

  List<Template> of(String section, String use) {
    return templates.getOrDefault(key(section, use), List.of());
  }

  /** The only text of a section and use. */
  Template only(String section, String use) {
    List<Template> found = of(section, use);
    if (found.size() != 1) {
      throw new IllegalStateException("one " + section + " | " + use + " expected: " + found);
    }
    return found.get(0);
  }

  List<String> names(String section) {
    return Arrays.asList(only(section, "names").text().split(", "));
  }

  List<Template> all(String use) {
    return templates.values().stream()
        .flatMap(List::stream)
        .filter(t -> t.use().equals(use))
        .toList();
  }
}
