package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.datasets.synthetic.Backdrop;
import org.safety4j.datasets.synthetic.SceneItem;
import org.safety4j.datasets.synthetic.ThingScene;
import org.safety4j.datasets.synthetic.ThingScenes;

/** Readings that say the same of every patch: their loss tells how often a label occurs. */
class PatchReadingTest {
  private static final int PATCHES = 16;
  private static final int THINGS = ThingScenes.things().size();
  private static final int COVERED = 0;
  private static final int CENTRED = THINGS + 1;
  private static final int BEHIND = 2 * (THINGS + 1);
  private static final int COUNTED = BEHIND + Backdrop.colours().size();
  private static final float SURE = 6;

  private static Clip clip;
  private static PatchReading reading;

  @BeforeAll
  static void open() {
    clip = Zoo.miniClip().open();
    reading = new PatchReading(clip.vision(), Rng.of(0));
    float[] zeros = new float[(int) reading.parameters().get("reading.weight").size()];
    reading.parameters().get("reading.weight").set(zeros);
  }

  @AfterAll
  static void close() {
    reading.close();
    clip.close();
  }

  private static double loss(ThingScene scene, float[] bias) {
    reading.parameters().get("reading.bias").set(bias);
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return reading.loss(List.of(scene)).getFloat();
    }
  }

  /** How often a class of a reading is the right one, among patches. */
  private static double share(ThingScene scene, int from, int classes, int wanted) {
    float[] bias = new float[COUNTED + ThingScenes.MOST];
    double equal = loss(scene, bias);
    bias[from + wanted] = SURE;
    double spread = Math.log((classes - 1 + Math.exp(SURE)) / classes);
    return (spread - (loss(scene, bias) - equal)) / SURE;
  }

  @Test
  void withoutKnowledgeTheLossIsThatOfGuessing() {
    double expected =
        2 * Math.log(THINGS + 1) + Math.log(Backdrop.colours().size()) + Math.log(ThingScenes.MOST);
    float[] nothing = new float[COUNTED + ThingScenes.MOST];
    assertThat(loss(ThingScenes.train(0).scene(0), nothing)).isCloseTo(expected, within(1e-4));
  }

  @Test
  void coloursAndCountsAreThoseOfTheScene() {
    for (int i = 0; i < 8; i++) {
      ThingScene scene = ThingScenes.train(0).scene(i);
      for (int colour = 0; colour < Backdrop.colours().size(); colour++) {
        boolean right = Backdrop.colours().get(colour).equals(scene.backdrop().colour());
        assertThat(share(scene, BEHIND, Backdrop.colours().size(), colour))
            .isCloseTo(right ? 1 : 0, within(1e-4));
      }
      for (int count = 1; count <= ThingScenes.MOST; count++) {
        assertThat(share(scene, COUNTED, ThingScenes.MOST, count - 1))
            .isCloseTo(scene.items().size() == count ? 1 : 0, within(1e-4));
      }
    }
  }

  @Test
  void centresStandWhereThingsDo() {
    for (int i = 0; i < 8; i++) {
      ThingScene scene = ThingScenes.train(0).scene(i);
      int patch = scene.side() / 4;
      Set<Integer> taken = new HashSet<>();
      for (SceneItem item : scene.items()) {
        taken.add((int) item.y() / patch * 4 + (int) item.x() / patch);
      }
      assertThat(share(scene, CENTRED, THINGS + 1, THINGS))
          .isCloseTo(1 - taken.size() / (double) PATCHES, within(1e-4));
      for (int thing = 0; thing < THINGS; thing++) {
        double share = share(scene, CENTRED, THINGS + 1, thing);
        boolean there = scene.names().contains(ThingScenes.things().get(thing));
        assertThat(share).isBetween(-1e-4, there ? taken.size() / (double) PATCHES + 1e-4 : 1e-4);
      }
    }
  }

  @Test
  void aPatchIsCoveredByTheThingThatShowsMostThere() {
    for (int i = 0; i < 8; i++) {
      ThingScene scene = ThingScenes.train(0).scene(i);
      int side = scene.side();
      int patch = side / 4;
      double[] expected = new double[THINGS + 1];
      for (int p = 0; p < PATCHES; p++) {
        int best = THINGS;
        double most = patch * patch / 8.0;
        for (int k = 0; k < scene.items().size(); k++) {
          double area = 0;
          for (int y = p / 4 * patch; y < (p / 4 + 1) * patch; y++) {
            for (int x = p % 4 * patch; x < (p % 4 + 1) * patch; x++) {
              area += scene.items().get(k).visible()[y * side + x];
            }
          }
          if (area > most) {
            most = area;
            best = ThingScenes.things().indexOf(scene.names().get(k));
          }
        }
        expected[best] += 1.0 / PATCHES;
      }
      for (int thing = 0; thing <= THINGS; thing++) {
        assertThat(share(scene, COVERED, THINGS + 1, thing))
            .isCloseTo(expected[thing], within(1e-4));
      }
    }
  }
}
