package org.safety4j.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.MethodRef;
import org.safety4j.bench.stats.Row;
import org.safety4j.bench.stats.Subject;

/** How a campaign's subjects fall into groups: a table for each model on each data set. */
final class Layout {
  /** A model on some data, under its defenses. */
  record Group(String data, String model, List<Subject> subjects) {}

  private final Analysis analysis;
  private final Map<String, Group> groups = new LinkedHashMap<>();
  private final List<String> defenses = new ArrayList<>();
  private final List<String> attacks;

  Layout(Analysis analysis) {
    this.analysis = analysis;
    this.attacks = analysis.attacks();
    for (Subject subject : analysis.subjects()) {
      groups
          .computeIfAbsent(
              subject.data() + "\n" + subject.model(),
              key -> new Group(subject.data(), subject.model(), new ArrayList<>()))
          .subjects()
          .add(subject);
      if (!defenses.contains(subject.defense())) {
        defenses.add(subject.defense());
      }
    }
  }

  List<Group> groups() {
    return List.copyOf(groups.values());
  }

  List<String> defenses() {
    return defenses;
  }

  List<String> attacks() {
    return attacks;
  }

  /** The attacks that ran on a group, in the campaign's order. */
  List<String> attacks(Group group) {
    return attacks.stream()
        .filter(
            attack -> group.subjects().stream().anyMatch(s -> analysis.row(s, attack).isPresent()))
        .toList();
  }

  /** The ball by which a group's headline is judged, if any attack keeps to one. */
  Optional<Analysis.Radius> headline(String data) {
    return analysis.radii(data).stream().findFirst();
  }

  /** A row of an attack anywhere in a group, for the attack's own properties. */
  Row any(Group group, String attack) {
    return group.subjects().stream()
        .flatMap(subject -> analysis.row(subject, attack).stream())
        .findFirst()
        .orElseThrow();
  }

  static String shown(String defense) {
    return defense.equals(MethodRef.NONE) ? "no defense" : defense;
  }
}
