package org.safety4j.datasets.zoo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.model.Trainable;
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
import org.safety4j.core.train.TrainingOptions;
import org.safety4j.datasets.synthetic.EmojiScenes;
import org.safety4j.datasets.synthetic.Scene;
import org.safety4j.datasets.synthetic.SceneItem;

/**
 * {@code mini-sam}: cuts emoji out of scenes of 64x64 pixels. Image encoder: patches of 8x8, width
 * 128, 4 blocks of which the second and the last see the whole image, 4 heads; embeddings of 64;
 * decoder of two layers, three readings of a prompt; masks are scored on 32x32 and enlarged.
 *
 * <p>Trained on scenes that are composed anew in every epoch. First the image encoder alone: from
 * every patch a linear layer, thrown away afterwards, reads where emoji are and how far their
 * centres ({@link CellReading}), in place of the pre-training of the original's encoder. Then the
 * whole model, first on {@link EmojiScenes#crowded() crowded} scenes, then on others, and on these
 * once more with the rate risen again, with one point or, in a quarter of the batches, a box; three
 * readings in three quarters of the batches, one in the others. Mask prompts are not trained.
 *
 * <p>Figures, over every emoji of held-out scenes, whose emoji the model has not seen: {@code
 * point-miou} is the mean overlap (intersection over union) with the true mask of the reading that
 * the model thinks best, given the point deepest in the mask; {@code box-miou} the same given the
 * mask's box; {@code crowded-point-miou} and {@code crowded-box-miou} the same on crowded scenes.
 * {@code disc-miou} is the overlap of a disc around the point that is as large as masks are on
 * average, which needs no model.
 */
public final class SamRecipe implements MiniRecipe<Sam> {
  private static final String ENCODER = "vision_encoder.";
  private static final int SIDE = EmojiScenes.SIDE;
  private static final int PATCH = 8;
  private static final int WIDTH = 128;
  private static final int BLOCKS = 4;
  private static final int HEADS = 4;
  private static final int EMBEDDING = 64;
  private static final int MASK = 4 * SIDE / PATCH;
  private static final int OBJECTS = 6;
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
    Stage last = Stage.AGAIN;
    return TrainingOptions.adamW(Stage.allEpochs(), last.plan.batch(), last.plan.rate())
        .withOptimizer(Optimizer.Config.adamW(0.01))
        .withEmaDecay(EMA);
  }

  /** One stage of the training. */
  private enum Stage {
    ENCODER(200, 512, 32, 2e-3),
    MASKS(700, 256, 8, 2e-3),
    PLAIN(500, 256, 8, 1.5e-3),
    AGAIN(400, 256, 8, 1.5e-3);

    private final TrainingStage.Plan plan;

    Stage(int epochs, int scenes, int batch, double rate) {
      this.plan = new TrainingStage.Plan(epochs, scenes, batch, rate);
    }

    static int allEpochs() {
      return Arrays.stream(values()).mapToInt(s -> s.plan.epochs()).sum();
    }

    EmojiScenes scenes(long seed) {
      EmojiScenes plain = EmojiScenes.train(seed);
      return this == ENCODER || this == MASKS ? plain.crowded() : plain;
    }

    long scene(int sample, int epoch) {
      return plan.number(this, sample, epoch);
    }
  }

  /**
   * Trains stage by stage; fewer epochs than {@link #options()} has leave out the last ones.
   *
   * @param model the model, from {@link #initial}; stays the caller's
   * @param options epochs of all stages, update rule, checkpoints; every stage has a batch size and
   *     a schedule of its own
   * @param run seed, budget, cancellation, listener
   * @return what happened, all stages together
   */
  @Override
  public TrainingLog train(Sam model, TrainingOptions options, Run run) {
    try (CellReading reading = new CellReading(EMBEDDING, run.rng().derive("reading"))) {
      List<TrainingStage> stages =
          Arrays.stream(Stage.values())
              .map(
                  stage ->
                      new TrainingStage(
                          stage.name().toLowerCase(Locale.ROOT),
                          trained(stage, model, reading),
                          stage.plan,
                          true,
                          objective(stage, model, reading, run.seed())))
              .toList();
      return TrainingStage.run(stages, options, run);
    }
  }

  private static Trainable trained(Stage stage, Sam model, CellReading reading) {
    if (stage != Stage.ENCODER) {
      return model;
    }
    Map<String, NDArray> chosen = new LinkedHashMap<>(reading.parameters());
    model
        .parameters()
        .forEach(
            (name, array) -> {
              if (name.startsWith(ENCODER)) {
                chosen.put(name, array);
              }
            });
    return new TrainingStage.Some(chosen, model.buffers());
  }

  private static BatchObjective objective(Stage stage, Sam model, CellReading reading, long seed) {
    EmojiScenes scenes = stage.scenes(seed);
    return (samples, epoch, rng) -> {
      List<Scene> batch =
          Arrays.stream(samples).mapToObj(i -> scenes.scene(stage.scene(i, epoch))).toList();
      return stage == Stage.ENCODER
          ? reading.loss(model.embed(images(model.manager(), batch)), batch)
          : cutting(model, batch, rng.derive("prompts").sequence());
    };
  }

  private static NDArray cutting(Sam model, List<Scene> batch, SplittableRandom random) {
    List<SceneItem> targets = new ArrayList<>();
    List<Integer> points = new ArrayList<>();
    boolean boxes = random.nextDouble() < BOXES;
    boolean several = random.nextDouble() >= ONE_READING;
    for (Scene scene : batch) {
      int first = random.nextInt(scene.items().size());
      for (int k = 0; k < OBJECTS; k++) {
        SceneItem item = scene.items().get((first + k) % scene.items().size());
        targets.add(item);
        points.add(point(item, random));
      }
    }
    NDManager manager = model.manager();
    Segmenter.Prompt prompt =
        boxes ? boxes(manager, targets, batch.size()) : points(manager, points, batch.size());
    NDArray masks = masks(manager, targets, batch.size());
    return LOSS.of(model.forward(images(manager, batch), prompt, several), masks);
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
    Overlaps plain = Overlaps.of(model, EmojiScenes.heldOut(SEED), most);
    Overlaps crowded = Overlaps.of(model, EmojiScenes.heldOut(SEED).crowded(), most);
    return List.of(
        mean("point-miou", plain.byPoint, 0.8),
        mean("box-miou", plain.byBox, 0.8),
        mean("disc-miou", discs(plain.targets), Double.NaN),
        mean("crowded-point-miou", crowded.byPoint, Double.NaN),
        mean("crowded-box-miou", crowded.byBox, Double.NaN));
  }

  /** The items of scenes, and how well each is cut out. */
  private record Overlaps(List<SceneItem> targets, List<Double> byPoint, List<Double> byBox) {
    static Overlaps of(Sam model, EmojiScenes scenes, int most) {
      Overlaps found = new Overlaps(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      for (int i = 0; i < Math.min(most, MEASURED); i++) {
        Scene scene = scenes.scene(i);
        List<SceneItem> items = scene.items();
        try (Scope scope = Scope.open();
            GradMode mode = GradMode.off()) {
          NDManager manager = model.manager();
          NDArray image = images(manager, List.of(scene));
          List<Integer> deepest = items.stream().map(item -> item.deepest(SIDE)).toList();
          overlaps(model.segment(image, points(manager, deepest, 1)), items, found.byPoint);
          overlaps(model.segment(image, boxes(manager, items, 1)), items, found.byBox);
        }
        found.targets.addAll(items);
      }
      return found;
    }
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
