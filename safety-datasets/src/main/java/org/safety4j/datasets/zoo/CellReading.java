package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.safety4j.core.model.Trainable;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.datasets.synthetic.Scene;
import org.safety4j.datasets.synthetic.SceneItem;

/**
 * A linear reading of the embeddings of an image: for every cell of a patch whether an item covers
 * it, and how far it is from there to that item's centre. An image encoder learns by it to tell
 * items from the background and from each other; it is thrown away afterwards.
 */
final class CellReading implements Trainable, AutoCloseable {
  /** Cells along a side of a patch: as many as a mask has. */
  private static final int CELLS = 4;

  private static final int READ = 3;

  /** Pixels in a unit of distance, so that distances are about as large as logits. */
  private static final float UNIT = 16;

  private final NDManager manager = Tensors.newManager();
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();

  CellReading(int width, Rng rng) {
    long read = (long) READ * CELLS * CELLS;
    ParameterSource drawn = InitialParameters.of(rng);
    parameters.put(
        "reading.weight", drawn.take("reading.weight", manager, new long[] {width, read}));
    parameters.put("reading.bias", drawn.take("reading.bias", manager, new long[] {read}));
  }

  /**
   * Computes how badly the reading tells what is there.
   *
   * @param embeddings of the scenes, {@code [N, width, side, side]}
   * @param scenes the scenes
   * @return mean cross-entropy of the cover and mean distance of the centres on covered cells,
   *     added; part of the graph
   */
  NDArray loss(NDArray embeddings, List<Scene> scenes) {
    int patches = Math.toIntExact(embeddings.getShape().get(2));
    int n = scenes.size();
    int cells = patches * CELLS;
    float[] covered = new float[n * cells * cells];
    float[] centres = new float[2 * n * cells * cells];
    for (int i = 0; i < n; i++) {
      label(scenes.get(i), cells, covered, centres, i * cells * cells);
    }
    long columns = (long) CELLS * CELLS;
    try (Scope scope = Scope.open()) {
      NDArray read =
          embeddings
              .transpose(0, 2, 3, 1)
              .matMul(parameters.get("reading.weight"))
              .add(parameters.get("reading.bias"));
      NDArray cover = read.get(":, :, :, :" + columns);
      NDArray towards = read.get(":, :, :, " + columns + ":");
      NDArray is = byPatch(manager.create(covered, new Shape(covered.length)), n, patches, 1);
      NDArray where = byPatch(manager.create(centres, new Shape(centres.length)), n, patches, 2);
      NDArray surprise =
          cover.maximum(0).sub(cover.mul(is)).add(cover.abs().neg().exp().add(1).log());
      NDArray off = towards.sub(where).abs().mul(is.concat(is, 3));
      return scope.keep(surprise.mean().add(off.sum().div(is.sum().add(1))));
    }
  }

  /** From rows of cells of the image, {@code parts} planes each, to patches of cells. */
  private static NDArray byPatch(NDArray cells, int n, int patches, int parts) {
    return cells
        .reshape(n, parts, patches, CELLS, patches, CELLS)
        .transpose(0, 2, 4, 1, 3, 5)
        .reshape(n, patches, patches, (long) parts * CELLS * CELLS);
  }

  /** A cell belongs to the item that covers more than half of it. */
  private static void label(Scene scene, int cells, float[] covered, float[] centres, int from) {
    int side = scene.side();
    int factor = Math.floorDiv(side, cells);
    int plane = cells * cells;
    for (SceneItem item : scene.items()) {
      float[] share = new float[plane];
      for (int at = 0; at < side * side; at++) {
        int cell = at / side / factor * cells + at % side / factor;
        share[cell] += item.visible()[at] / (factor * factor);
      }
      for (int cell = 0; cell < plane; cell++) {
        if (share[cell] > 0.5f) {
          covered[from + cell] = 1;
          double x = (cell % cells + 0.5) * factor;
          double y = (Math.floorDiv(cell, cells) + 0.5) * factor;
          centres[2 * from + cell] = (float) (item.x() - x) / UNIT;
          centres[2 * from + plane + cell] = (float) (item.y() - y) / UNIT;
        }
      }
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
