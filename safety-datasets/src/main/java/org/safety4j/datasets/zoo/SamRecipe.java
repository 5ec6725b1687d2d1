package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.sam.Sam;
import org.safety4j.core.nn.sam.SamConfig;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.BatchObjective;
import org.safety4j.core.train.MaskLoss;
import org.safety4j.core.train.Optimizer;
import org.safety4j.core.train.TrainingLog;
import org.safety4j.core.train.TrainingLoop;
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.synthetic.EmojiScenes;
import org.safety4j.datasets.synthetic.Scene;
import org.safety4j.datasets.synthetic.SceneItem;

/**
 * {@code mini-sam}: cuts emoji out of scenes of 64x64 pixels. Image encoder: patches of 8x8, width
 * 128, 4 blocks of which the second and the last see the whole image, 4 heads; embeddings of 64;
 * decoder of two layers, three readings of a prompt; masks are scored on 32x32 and enlarged.
 * Trained on scenes that are composed anew in every epoch, with one point or, in a quarter of the
 * batches, a box; three readings in three quarters of the batches, one in the others. Mask prompts
 * are not trained.
 *
 * <p>Figures, over every emoji of held-out scenes, whose emoji the model has not seen: {@code
 * point-miou} is the mean overlap (intersection over union) with the true mask of the reading that
 * the model thinks best, given the point deepest in the mask; {@code box-miou} the same given the
 * mask's box. {@code disc-miou} is the overlap of a disc around the point that is as large as masks
 * are on average, which needs no model.
 */
public final class SamRecipe implements MiniRecipe<Sam> {
  private static final int SIDE = EmojiScenes.SIDE;
  private static final int PATCH = 8;
  private static final int WIDTH = 128;
  private static final int BLOCKS = 4;
  private static final int HEADS = 4;
  private static final int EMBEDDING = 64;
  private static final int MASK = 4 * SIDE / PATCH;
  private static final int SCENES = 256;
  private static final int EPOCHS = 400;
  private static final int BATCH = 8;
  private static final int OBJECTS = 6;
  private static final double PEAK_RATE = 2e-3;
  private static final double EMA = 0.998;
  private static final double BOXES = 0.25;
  private static final double ONE_READING = 0.25;
  private static final double DEEPEST = 0.5;
  private static final long SEED = 0;
  private static final int MEASURED = 250;

  /** More of Dice than in the paper: in short trainings the overlap came out higher so. */
  private static final MaskLoss LOSS = new MaskLoss(5, 3, 1, 2);

  @Override
  public String id() {
    return "mini-sam";
  }

  @Override
  public Class<Sam> type() {
    return Sam.class;
  }

  @Override
  public Sam initial(Rng rng) {
    SamConfig config =
        new SamConfig(
            new SamConfig.Vision(
                SIDE,
                PATCH,
                3,
                WIDTH,
                2 * WIDTH,
                BLOCKS,
                HEADS,
                EMBEDDING,
                SIDE / PATCH / 2,
                Set.of(1, BLOCKS - 1),
                Activation.GELU,
                1e-6,
                true,
                true,
                true),
            new SamConfig.Prompt(16, Activation.GELU, 1e-6),
            new SamConfig.Decoder(
                2, HEADS, 2 * EMBEDDING, 3, 3, EMBEDDING, 2, Activation.RELU, 1e-6));
    return Sam.initial(config, Normalization.same(3, 0.5, 0.5), rng, id());
  }

  @Override
  public TrainingOptions options() {
    return TrainingOptions.adamW(EPOCHS, BATCH, PEAK_RATE)
        .withOptimizer(Optimizer.Config.adamW(0.01))
        .withEmaDecay(EMA);
  }

  @Override
  public TrainingLog train(Sam model, TrainingOptions options, Run run) {
    EmojiScenes scenes = EmojiScenes.train(run.seed());
    return TrainingLoop.run(model, SCENES, cutting(model, scenes), options, run);
  }

  private static BatchObjective cutting(Sam model, EmojiScenes scenes) {
    return (samples, epoch, rng) -> {
      List<Scene> batch = new ArrayList<>();
      List<SceneItem> targets = new ArrayList<>();
      List<Integer> points = new ArrayList<>();
      SplittableRandom random = rng.derive("prompts").sequence();
      boolean boxes = random.nextDouble() < BOXES;
      boolean several = random.nextDouble() >= ONE_READING;
      for (int sample : samples) {
        Scene scene = scenes.scene((long) epoch * SCENES + sample);
        batch.add(scene);
        int first = random.nextInt(scene.items().size());
        for (int k = 0; k < OBJECTS; k++) {
          SceneItem item = scene.items().get((first + k) % scene.items().size());
          targets.add(item);
          points.add(point(item, random));
        }
      }
      NDManager manager = model.manager();
      Segmenter.Prompt prompt =
          boxes ? boxes(manager, targets, samples.length) : points(manager, points, samples.length);
      NDArray masks = masks(manager, targets, samples.length);
      return LOSS.of(model.forward(images(manager, batch), prompt, several), masks);
    };
  }

  /** A pixel of a mask: the deepest one, or any. */
  private static int point(SceneItem item, SplittableRandom random) {
    if (random.nextDouble() < DEEPEST) {
      return item.deepest(SIDE);
    }
    int left = random.nextInt(item.area());
    int at = -1;
    while (left >= 0) {
      at++;
      left -= item.visible()[at] > 0.5f ? 1 : 0;
    }
    return at;
  }

  private static NDArray images(NDManager manager, List<Scene> scenes) {
    int size = 3 * SIDE * SIDE;
    float[] all = new float[scenes.size() * size];
    for (int i = 0; i < scenes.size(); i++) {
      System.arraycopy(scenes.get(i).pixels(), 0, all, i * size, size);
    }
    return manager.create(all, new Shape(scenes.size(), 3, SIDE, SIDE));
  }

  private static Segmenter.Prompt points(NDManager manager, List<Integer> points, int images) {
    float[] at = new float[2 * points.size()];
    long[] labels = new long[points.size()];
    for (int i = 0; i < labels.length; i++) {
      at[2 * i] = points.get(i) % SIDE;
      at[2 * i + 1] = points.get(i) / SIDE;
      labels[i] = 1;
    }
    int objects = points.size() / images;
    return new Segmenter.Prompt(
        manager.create(at, new Shape(images, objects, 1, 2)),
        manager.create(labels, new Shape(images, objects, 1)),
        null,
        null);
  }

  private static Segmenter.Prompt boxes(NDManager manager, List<SceneItem> items, int images) {
    float[] corners = new float[4 * items.size()];
    for (int i = 0; i < items.size(); i++) {
      System.arraycopy(box(items.get(i)), 0, corners, 4 * i, 4);
    }
    Shape shape = new Shape(images, items.size() / images, 4);
    return new Segmenter.Prompt(null, null, manager.create(corners, shape), null);
  }

  /** The mask's first and last columns and rows. */
  private static float[] box(SceneItem item) {
    float[] box = {SIDE, SIDE, -1, -1};
    for (int at = 0; at < SIDE * SIDE; at++) {
      if (item.visible()[at] > 0.5f) {
        box[0] = Math.min(box[0], at % SIDE);
        box[1] = Math.min(box[1], at / SIDE);
        box[2] = Math.max(box[2], at % SIDE);
        box[3] = Math.max(box[3], at / SIDE);
      }
    }
    return box;
  }

  /** True masks at the size that the model scores: the share of every cell that is covered. */
  private static NDArray masks(NDManager manager, List<SceneItem> items, int images) {
    int factor = SIDE / MASK;
    float[] all = new float[items.size() * MASK * MASK];
    for (int i = 0; i < items.size(); i++) {
      float[] visible = items.get(i).visible();
      for (int at = 0; at < visible.length; at++) {
        int cell = at / SIDE / factor * MASK + at % SIDE / factor;
        all[i * MASK * MASK + cell] += visible[at] / (factor * factor);
      }
    }
    return manager.create(all, new Shape(images, items.size() / images, MASK, MASK));
  }

  @Override
  public Sam open(ModelFiles files) {
    return Models.open(files, Sam.class);
  }

  @Override
  public List<MiniFigure> measure(Sam model, int most, Rng rng) {
    EmojiScenes scenes = EmojiScenes.heldOut(SEED);
    List<Double> byPoint = new ArrayList<>();
    List<Double> byBox = new ArrayList<>();
    List<SceneItem> targets = new ArrayList<>();
    for (int i = 0; i < Math.min(most, MEASURED); i++) {
      Scene scene = scenes.scene(i);
      List<SceneItem> items = scene.items();
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDManager manager = model.manager();
        NDArray image = images(manager, List.of(scene));
        List<Integer> deepest = items.stream().map(item -> item.deepest(SIDE)).toList();
        overlaps(model.segment(image, points(manager, deepest, 1)), items, byPoint);
        overlaps(model.segment(image, boxes(manager, items, 1)), items, byBox);
      }
      targets.addAll(items);
    }
    return List.of(
        mean("point-miou", byPoint, 0.8),
        mean("box-miou", byBox, 0.8),
        mean("disc-miou", discs(targets), Double.NaN));
  }

  private static void overlaps(NDArray answer, List<SceneItem> items, List<Double> into) {
    byte[] bits = answer.toType(DataType.UINT8, false).toByteArray();
    for (int i = 0; i < items.size(); i++) {
      boolean[] mask = new boolean[SIDE * SIDE];
      for (int at = 0; at < mask.length; at++) {
        mask[at] = bits[i * mask.length + at] != 0;
      }
      into.add(overlap(mask, items.get(i)));
    }
  }

  private static double overlap(boolean[] mask, SceneItem item) {
    int both = 0;
    int either = 0;
    for (int at = 0; at < mask.length; at++) {
      boolean inside = item.visible()[at] > 0.5f;
      both += mask[at] && inside ? 1 : 0;
      either += mask[at] || inside ? 1 : 0;
    }
    return both / (double) either;
  }

  private static List<Double> discs(List<SceneItem> targets) {
    double area = targets.stream().mapToInt(SceneItem::area).average().orElseThrow();
    List<Double> overlaps = new ArrayList<>();
    for (SceneItem target : targets) {
      int centre = target.deepest(SIDE);
      boolean[] disc = new boolean[SIDE * SIDE];
      for (int at = 0; at < disc.length; at++) {
        double dx = at % SIDE - centre % SIDE;
        double dy = at / SIDE - centre / SIDE;
        disc[at] = dx * dx + dy * dy <= area / Math.PI;
      }
      overlaps.add(overlap(disc, target));
    }
    return overlaps;
  }

  /** Mean with its 95 % interval by the normal approximation. */
  private static MiniFigure mean(String name, List<Double> values, double least) {
    double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    double half = 1.96 * Math.sqrt(squares / Math.max(1, values.size() - 1) / values.size());
    return new MiniFigure(name, mean, mean - half, mean + half, values.size(), least);
  }
}
