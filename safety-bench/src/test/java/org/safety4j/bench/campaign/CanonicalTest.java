package org.safety4j.bench.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.safety4j.bench.stats.Cell;
import org.safety4j.bench.stats.MethodRef;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.method.Method;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;

class CanonicalTest {
  private record Part(double alpha, List<Integer> sizes) {}

  private record All(
      Norm norm,
      Part part,
      Map<String, Double> weights,
      Set<String> names,
      Duration limit,
      Path path,
      float[] values,
      Object anything)
      implements Method {
    @Override
    public MethodInfo info() {
      return MethodInfo.attack("test-all", ImageClassifier.Black.class).cites("T", 2026).build();
    }
  }

  private static All all(Object anything, Map<String, Double> weights) {
    return new All(
        Norm.L2,
        new Part(0.1, List.of(3, 5)),
        weights,
        Set.of("b", "a", "c"),
        Duration.ofSeconds(3),
        Path.of("x"),
        new float[] {0.5f, 1},
        anything);
  }

  @Test
  void equalConfigurationsGiveEqualText() {
    Map<String, Double> forwards = new HashMap<>();
    Map<String, Double> backwards = new java.util.TreeMap<>(java.util.Comparator.reverseOrder());
    for (String key : List.of("q", "a", "zz", "m")) {
      forwards.put(key, 0.25);
      backwards.put(key, 0.25);
    }
    String text = Canonical.of(all(null, forwards));
    assertThat(Canonical.of(all(null, backwards))).isEqualTo(text);
    assertThat(text)
        .contains("\"norm\":\"L2\"", "\"alpha\":0.1,\"sizes\":[3,5]", "[\"a\",\"b\",\"c\"]")
        .contains("\"limit\":\"PT3S\"", "\"values\":[0.5,1.0]", "\"anything\":null");
  }

  @Test
  void anyDifferentFieldGivesAnotherText() {
    String text = Canonical.of(all(1, Map.of()));
    assertThat(Canonical.of(all(2, Map.of()))).isNotEqualTo(text);
    assertThat(Canonical.of(all("1", Map.of()))).isNotEqualTo(text);
    assertThat(Canonical.of(all(1, Map.of("k", 1.0)))).isNotEqualTo(text);
    assertThat(Canonical.of(all(Double.NaN, Map.of()))).contains("\"NaN\"");
  }

  @Test
  void sourcesStandForWhatTheyOpen() {
    assertThat(Canonical.of(all(new Fixtures.LinearSource("linear", true), Map.of())))
        .contains("{\"@\":\"source\",\"id\":\"linear\"}");
  }

  @Test
  void functionsAndLibraryObjectsAreRefusedByName() {
    DoubleUnaryOperator function = x -> x;
    assertThatThrownBy(() -> Canonical.of(all(function, Map.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("test-all.anything is a ")
        .hasMessageContaining("use a record, an enum or a Source");
    assertThatThrownBy(() -> Canonical.of(all(new java.util.Random(), Map.of())))
        .hasMessageContaining("java.util.Random");
  }

  @Test
  void keyChangesWithEveryCoordinate() {
    MethodRef none = Roster.none();
    MethodRef attack = Refs.of(Fixtures.Signed.linf(0.1));
    Cell cell = new Cell("d", "c", "m", none, attack, 1, 0, "h", "b", "v");
    assertThat(cell.key())
        .hasSize(24)
        .isEqualTo(new Cell("d", "c", "m", none, attack, 1, 0, "h", "b", "v").key());
    assertThat(
            List.of(
                cell.key(),
                new Cell("d2", "c", "m", none, attack, 1, 0, "h", "b", "v").key(),
                new Cell("d", "c2", "m", none, attack, 1, 0, "h", "b", "v").key(),
                new Cell("d", "c", "m2", none, attack, 1, 0, "h", "b", "v").key(),
                new Cell(
                        "d",
                        "c",
                        "m",
                        none,
                        Refs.of(Fixtures.Signed.linf(0.2)),
                        1,
                        0,
                        "h",
                        "b",
                        "v")
                    .key(),
                new Cell("d", "c", "m", none, null, 1, 0, "h", "b", "v").key(),
                new Cell("d", "c", "m", none, attack, 2, 0, "h", "b", "v").key(),
                new Cell("d", "c", "m", none, attack, 1, 1, "h", "b", "v").key(),
                new Cell("d", "c", "m", none, attack, 1, 0, "h", "b", "v2").key(),
                new Cell("d", "c", "m", none, attack, 1, 0, "h2", "b", "v").key(),
                new Cell("d", "c", "m", none, attack, 1, 0, "h", "b2", "v").key(),
                new Cell("dc", "", "m", none, attack, 1, 0, "h", "b", "v").key()))
        .doesNotHaveDuplicates();
  }

  @Test
  void keyIsTheSameOnEveryMachine() {
    Cell cell =
        new Cell(
            "digits",
            "0123456789abcdef",
            "vit",
            new MethodRef("none", "none", "{}", "BLACK_BOX", null, null, ""),
            new MethodRef("core-pgd", "PGD", "{\"steps\":20}", "WHITE_BOX", "LINF", 0.1, ""),
            0,
            0,
            "digits-train",
            "any",
            "1.0");
    assertThat(cell.key()).isEqualTo("2fbf9d0618ed54b2d7467162");
  }
}
