package org.safety4j.core.error;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Finds the names that a missing one was probably meant to be. */
public final class NearNames {
  private static final int CANDIDATES = 2_000;
  private static final int LENGTH = 120;
  private static final int SHOWN = 3;

  private record Scored(String name, int distance) {}

  private NearNames() {}

  /**
   * Finds near names.
   *
   * @param wanted the name that is not there
   * @param names the names that are
   * @return {@code "; near: a, b, c"} or, if nothing is near, an empty string
   */
  public static String hint(String wanted, Collection<String> names) {
    if (wanted.length() > LENGTH) {
      return "";
    }
    List<Scored> near =
        names.stream()
            .limit(CANDIDATES)
            .filter(n -> n.length() <= LENGTH)
            .map(n -> new Scored(n, score(wanted, n)))
            .filter(s -> s.distance <= Math.max(3, wanted.length() / 3))
            .sorted(Comparator.comparingInt(Scored::distance).thenComparing(Scored::name))
            .limit(SHOWN)
            .toList();
    return near.isEmpty()
        ? ""
        : near.stream()
            .map(s -> "\"" + s.name + "\"")
            .collect(Collectors.joining(", ", "; near: ", ""));
  }

  /**
   * Edit distance; a lost or added prefix ("vit.") counts as one edit, for it is the commonest
   * slip.
   */
  private static int score(String a, String b) {
    if (!a.equals(b) && (a.endsWith("." + b) || b.endsWith("." + a))) {
      return 1;
    }
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
