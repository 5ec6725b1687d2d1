package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.datasets.synthetic.EmojiScenes;
import org.safety4j.datasets.synthetic.Scene;
import org.safety4j.datasets.synthetic.SceneItem;

class CellReadingTest {
  private static final int PATCHES = 8;
  private static final int READ = 48;
  private static final float SURE = 30;

  /** Embeddings that say outright what the reading should find: read by the identity. */
  private static float[] truth(List<Scene> scenes) {
    float[] embeddings = new float[scenes.size() * READ * PATCHES * PATCHES];
    for (int n = 0; n < scenes.size(); n++) {
      for (int cell = 0; cell < 32 * 32; cell++) {
        int row = cell / 32;
        int column = cell % 32;
        SceneItem owner = owner(scenes.get(n), row, column);
        int inPatch = row % 4 * 4 + column % 4;
        int patch = row / 4 * PATCHES + column / 4;
        int base = n * READ * PATCHES * PATCHES + patch;
        embeddings[base + inPatch * PATCHES * PATCHES] = owner == null ? -SURE : SURE;
        if (owner != null) {
          double right = owner.x() - (2 * column + 1);
          double down = owner.y() - (2 * row + 1);
          embeddings[base + (16 + inPatch) * PATCHES * PATCHES] = (float) (right / 16);
          embeddings[base + (32 + inPatch) * PATCHES * PATCHES] = (float) (down / 16);
        }
      }
    }
    return embeddings;
  }

  private static SceneItem owner(Scene scene, int row, int column) {
    for (SceneItem item : scene.items()) {
      float sum = 0;
      for (int i = 0; i < 4; i++) {
        sum += item.visible()[(2 * row + i / 2) * 64 + 2 * column + i % 2];
      }
      if (sum / 4 > 0.5f) {
        return item;
      }
    }
    return null;
  }

  @Test
  void isNothingWhereEveryCellIsReadRightAndCountsEveryError() {
    List<Scene> scenes = List.of(EmojiScenes.train(0).scene(1), EmojiScenes.train(0).scene(2));
    try (Scope scope = Scope.open();
        NDManager manager = Tensors.newManager();
        CellReading reading = new CellReading(READ, Rng.of(0))) {
      float[] identity = new float[READ * READ];
      for (int i = 0; i < READ; i++) {
        identity[i * READ + i] = 1;
      }
      reading.parameters().get("reading.weight").set(identity);
      reading.parameters().get("reading.bias").set(new float[READ]);
      Shape shape = new Shape(2, READ, PATCHES, PATCHES);
      NDArray right = manager.create(truth(scenes), shape);
      assertThat(reading.loss(right, scenes).getFloat()).isCloseTo(0, within(1e-4f));

      float[] shifted = new float[READ];
      Arrays.fill(shifted, 16, 32, 0.5f);
      reading.parameters().get("reading.bias").set(shifted);
      assertThat(reading.loss(right, scenes).getFloat()).isCloseTo(0.5f, within(1e-2f));

      reading.parameters().get("reading.bias").set(new float[READ]);
      NDArray denied = right.neg();
      assertThat(reading.loss(denied, scenes).getFloat()).isGreaterThan(SURE - 1);
      assertThat(reading.loss(right, List.of(scenes.get(1), scenes.get(0))).getFloat())
          .isGreaterThan(1);
    }
  }
}
