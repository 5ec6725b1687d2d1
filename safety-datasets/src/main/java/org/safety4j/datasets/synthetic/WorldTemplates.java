package org.safety4j.datasets.synthetic;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.safety4j.core.error.InvalidDataFile;

/**
 * The texts of a world: lines {@code section | use | text}. A template is named {@code
 * section/use/number}.
 */
final class WorldTemplates {
  private static final Set<String> OTHER_SPLITS = Set.of("dev", "held", "frame");

  /** One wording. */
  record Template(String id, String section, String use, String text) {
    String with(Map<String, String> values) {
      String filled = text;
      for (Map.Entry<String, String> value : values.entrySet()) {
        filled = filled.replace("{" + value.getKey() + "}", value.getValue());
      }
      return filled;
    }

    /** A phrase in this frame. */
    Template around(Template phrase) {
      return new Template(id + "+" + phrase.id, phrase.section, use, framed(text, phrase.text));
    }
  }

  /** Puts a phrase into a frame, where a sentence begins with a capital. */
  static String framed(String frame, String phrase) {
    return frame
        .replace("{p}", phrase)
        .replace("{q}", phrase)
        .replace("{Q}", phrase.substring(0, 1).toUpperCase(Locale.ROOT) + phrase.substring(1));
  }

  /** A wording without case, punctuation and politeness. */
  static String bare(String text) {
    return text.toLowerCase(Locale.ROOT)
        .replaceAll("[^a-z{}0-9 ]", "")
        .replaceAll("\\bplease\\b", "")
        .strip();
  }

  private final Map<String, List<Template>> templates = new LinkedHashMap<>();
  private final Set<String> others = new HashSet<>();

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
      if (OTHER_SPLITS.contains(parts[1])) {
        others.add(bare(parts[2]));
      }
      List<Template> known =
          templates.computeIfAbsent(key(parts[0], parts[1]), k -> new ArrayList<>());
      known.add(
          new Template(
              parts[0] + "/" + parts[1] + "/" + known.size(), parts[0], parts[1], parts[2]));
    }
  }

  /** Whether a wording stands in another split than that of training. */
  boolean elsewhere(String text) {
    return others.contains(bare(text));
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
