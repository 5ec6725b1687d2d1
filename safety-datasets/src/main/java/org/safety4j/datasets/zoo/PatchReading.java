package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.clip.ClipVision;
import org.safety4j.core.nn.clip.ClipVisionConfig;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.datasets.synthetic.Backdrop;
import org.safety4j.datasets.synthetic.SceneItem;
import org.safety4j.datasets.synthetic.ThingScene;
import org.safety4j.datasets.synthetic.ThingScenes;

/**
 * Linear readings of the patches of a scene: of every patch which thing covers most of it, which
 * thing has its centre in it, and the colour of the background; of the mean of all patches how many
 * things there are. A vision tower learns to see scenes by them; they are thrown away afterwards.
 */
final class PatchReading implements Trainable, AutoCloseable {
  private static final double COVERED = 1 / 8.0;

  private final NDManager manager = Tensors.newManager();
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final ClipVision tower;
  private final int things = ThingScenes.things().size();
  private final int colours = Backdrop.colours().size();
  private final int counts = ThingScenes.MOST;

  PatchReading(ClipVision tower, Rng rng) {
    this.tower = tower;
    long width = tower.config().tower().width();
    long read = 2L * (things + 1) + colours + counts;
    for (String name : List.of("reading.weight", "reading.bias")) {
      long[] shape = name.endsWith("bias") ? new long[] {read} : new long[] {width, read};
      parameters.put(name, InitialParameters.of(rng).take(name, manager, shape));
    }
  }

  /**
   * Computes how badly the readings tell what is there.
   *
   * @param scenes the scenes
   * @return the sum of four mean cross-entropies, part of the graph
   */
  NDArray loss(List<ThingScene> scenes) {
    ClipVisionConfig config = tower.config();
    int patches = config.patches();
    int n = scenes.size();
    int size = Math.toIntExact(tower.inputShape().size());
    float[] pixels = new float[n * size];
    long[] covers = new long[n * patches];
    long[] centres = new long[n * patches];
    long[] backgrounds = new long[n * patches];
    long[] numbers = new long[n];
    for (int i = 0; i < n; i++) {
      ThingScene scene = scenes.get(i);
      System.arraycopy(scene.pixels(), 0, pixels, i * size, size);
      label(scene, config.patchSize(), covers, centres, i * patches);
      long colour = Backdrop.colours().indexOf(scene.backdrop().colour());
      numbers[i] = scene.items().size() - 1L;
      Arrays.fill(backgrounds, i * patches, (i + 1) * patches, colour);
    }
    Shape each = new Shape(n, patches);
    try (Scope scope = Scope.open()) {
      NDArray images = manager.create(pixels, new Shape(n).addAll(tower.inputShape()));
      NDArray read =
          tower
              .states(images, config.tower().blocks())
              .get(":, 1:")
              .matMul(parameters.get("reading.weight"))
              .add(parameters.get("reading.bias"));
      int k = things + 1;
      NDArray covered = read.get(":, :, :" + k);
      NDArray centred = read.get(":, :, " + k + ":" + 2 * k);
      NDArray behind = read.get(":, :, " + 2 * k + ":" + (2 * k + colours));
      NDArray counted = read.get(":, :, " + (2 * k + colours) + ":").mean(new int[] {1});
      return scope.keep(
          loss(covered, manager.create(covers, each))
              .add(loss(centred, manager.create(centres, each)))
              .add(loss(behind, manager.create(backgrounds, each)))
              .add(loss(counted, manager.create(numbers))));
    }
  }

  private static NDArray loss(NDArray logits, NDArray labels) {
    return Ops.pick(Ops.logSoftmax(logits), labels).mean().neg();
  }

  /** Numbers of things in the order of their names, and behind them the number of none. */
  private void label(ThingScene scene, int patch, long[] covers, long[] centres, int from) {
    int side = scene.side();
    int columns = side / patch;
    int patches = columns * columns;
    double[] most = new double[patches];
    Arrays.fill(most, COVERED * patch * patch);
    Arrays.fill(covers, from, from + patches, things);
    Arrays.fill(centres, from, from + patches, things);
    for (int k = 0; k < scene.items().size(); k++) {
      SceneItem item = scene.items().get(k);
      long thing = ThingScenes.things().indexOf(scene.names().get(k));
      double[] area = new double[patches];
      for (int at = 0; at < side * side; at++) {
        area[at / side / patch * columns + at % side / patch] += item.visible()[at];
      }
      for (int p = 0; p < patches; p++) {
        if (area[p] > most[p]) {
          most[p] = area[p];
          covers[from + p] = thing;
        }
      }
      centres[from + (int) item.y() / patch * columns + (int) item.x() / patch] = thing;
    }
  }

  @Override
  public Map<String, NDArray> parameters() {
    return parameters;
  }

  @Override
  public Map<String, NDArray> buffers() {
    return Map.of();
  }

  @Override
  public void close() {
    manager.close();
  }
}
