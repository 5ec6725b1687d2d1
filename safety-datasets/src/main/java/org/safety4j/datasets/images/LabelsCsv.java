package org.safety4j.datasets.images;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.safety4j.core.error.InvalidDataFile;
import org.safety4j.datasets.file.BoundedInput;
import org.safety4j.datasets.file.ReadLimits;

/** The labels file of a flat picture folder: lines of a file name and a label. */
final class LabelsCsv {
  private static final long MAX_BYTES = 64L << 20;
  private static final int MAX_CLASSES = 100_000;

  private final Path csv;
  private final Map<String, String> byFile;
  private final Map<String, Integer> classes;

  private LabelsCsv(Path csv, Map<String, String> byFile, Map<String, Integer> classes) {
    this.csv = csv;
    this.byFile = byFile;
    this.classes = classes;
  }

  static LabelsCsv read(Path csv, ReadLimits limits) {
    String text;
    try (BoundedInput in =
        BoundedInput.open(csv, limits.withMaxBytes(Math.min(MAX_BYTES, limits.maxBytes())))) {
      text = new String(in.rest("the labels"), StandardCharsets.UTF_8);
    }
    Map<String, String> byFile = new LinkedHashMap<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      List<String> fields = fields(csv, line, number);
      if (fields.size() != 2 || fields.get(0).isEmpty() || fields.get(1).isEmpty()) {
        throw new InvalidDataFile(
            csv + " line " + number + ": a file name and a label expected: " + line);
      }
      if (number == 1 && fields.get(0).indexOf('.') < 0) {
        continue;
      }
      if (byFile.put(fields.get(0), fields.get(1)) != null) {
        throw new InvalidDataFile(csv + " line " + number + ": second label for " + fields.get(0));
      }
    }
    return new LabelsCsv(csv, byFile, classes(csv, byFile));
  }

  private static Map<String, Integer> classes(Path csv, Map<String, String> byFile) {
    Map<String, Integer> classes = new LinkedHashMap<>();
    if (byFile.values().stream().allMatch(label -> label.matches("\\d{1,6}"))) {
      int most = byFile.values().stream().mapToInt(Integer::parseInt).max().orElse(-1);
      if (most >= MAX_CLASSES) {
        throw new InvalidDataFile(
            csv + ": label " + most + "; numbers count classes from 0, up to " + MAX_CLASSES);
      }
      IntStream.rangeClosed(0, most).forEach(i -> classes.put(Integer.toString(i), i));
      byFile.replaceAll((file, label) -> Integer.toString(Integer.parseInt(label)));
    } else {
      new TreeSet<>(byFile.values()).forEach(name -> classes.put(name, classes.size()));
    }
    return classes;
  }

  /** Splits a line at commas; a field may stand in double quotes, a quote inside is doubled. */
  private static List<String> fields(Path csv, String line, int number) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
        field.append('"');
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        fields.add(field.toString().strip());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    if (quoted) {
      throw new InvalidDataFile(csv + " line " + number + ": quote without its end: " + line);
    }
    fields.add(field.toString().strip());
    return fields;
  }

  int label(String file) {
    String label = byFile.get(file);
    if (label == null) {
      throw new InvalidDataFile(
          csv + ": no label for " + file + "; add a line or move the picture away");
    }
    return classes.get(label);
  }

  void requireAllUsed(List<String> files) {
    Set<String> present = new HashSet<>(files);
    for (String file : byFile.keySet()) {
      if (!present.contains(file)) {
        throw new InvalidDataFile(
            csv + ": names " + file + ", which is not a picture in the same folder");
      }
    }
  }

  List<String> classes() {
    return List.copyOf(classes.keySet());
  }
}
