package org.safety4j.attacks.engine.query;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * A group of samples on a walk along the decision boundary. Each has a point that the model was
 * asked about and that is adversarial; the nearest one so far is what the attack returns.
 */
public final class BoundaryGroup {
  private final LabelOracle oracle;
  private final Outcomes outcomes;
  private final int[] samples;
  private final Rng[] rngs;
  private final Norm norm;
  private final double epsilon;
  private final NDArray originals;
  private final NDArray points;
  private final boolean[] started;
  private final boolean[] retired;
  private final double[] distance;
  private final double[] best;

  BoundaryGroup(
      LabelOracle oracle,
      Outcomes outcomes,
      LabeledImages input,
      int[] samples,
      Norm norm,
      double epsilon,
      Rng rng) {
    this.oracle = oracle;
    this.outcomes = outcomes;
    this.samples = samples;
    this.norm = norm;
    this.epsilon = epsilon;
    this.originals = Ops.rows(input.images(), samples);
    this.points = Ops.copy(originals);
    this.rngs = new Rng[samples.length];
    int[] ids = input.ids();
    for (int i = 0; i < samples.length; i++) {
      rngs[i] = rng.derive(ids[samples[i]]);
    }
    this.started = new boolean[samples.length];
    this.retired = new boolean[samples.length];
    this.distance = new double[samples.length];
    this.best = new double[samples.length];
    Arrays.fill(distance, Double.POSITIVE_INFINITY);
    Arrays.fill(best, Double.POSITIVE_INFINITY);
  }

  /** Looks for a first adversarial point of each sample; returns how many have none. */
  int start(int attempts) {
    Shape shape = originals.getShape();
    int size = Math.toIntExact(shape.slice(1).size());
    float[] pixels = originals.toFloatArray();
    for (int attempt = 0; attempt < attempts; attempt++) {
      int[] rows = new int[samples.length];
      int count = 0;
      for (int i = 0; i < rows.length; i++) {
        if (!started[i] && left(i) > 0) {
          rows[count++] = i;
        }
      }
      if (count == 0) {
        break;
      }
      rows = Arrays.copyOf(rows, count);
      float[] drawn = new float[count * size];
      for (int i = 0; i < count; i++) {
        float[] image =
            Starts.draw(
                attempt,
                Arrays.copyOfRange(pixels, rows[i] * size, (rows[i] + 1) * size),
                (int) shape.get(1),
                (int) shape.get(2),
                (int) shape.get(3),
                rngs[rows[i]].derive("start").derive(attempt).sequence());
        System.arraycopy(image, 0, drawn, i * size, size);
      }
      try (Scope scope = Scope.open()) {
        NDManager manager = originals.getManager();
        move(rows, manager.create(drawn, new Shape(count).addAll(shape.slice(1))), 0);
      }
    }
    int without = 0;
    for (boolean s : started) {
      without += s ? 0 : 1;
    }
    return without;
  }

  /** The rows that the walk goes on with. */
  int[] active() {
    int[] rows = new int[samples.length];
    int count = 0;
    for (int i = 0; i < rows.length; i++) {
      boolean done = best[i] <= epsilon && epsilon != Double.MAX_VALUE;
      if (started[i] && !retired[i] && !done && left(i) > 0) {
        rows[count++] = i;
      }
    }
    return Arrays.copyOf(rows, count);
  }

  void stepTaken(int[] rows, int step) {
    for (int row : rows) {
      outcomes.stepsOf(samples[row], step);
    }
  }

  double meanBest(int[] rows) {
    double sum = 0;
    for (int row : rows) {
      sum += best[row];
    }
    return sum / Math.max(1, rows.length);
  }

  /**
   * Returns the number of samples in the group.
   *
   * @return at least 1
   */
  public int size() {
    return samples.length;
  }

  /**
   * Returns the shape of an image.
   *
   * @return {@code [C, H, W]}
   */
  public Shape element() {
    return Tensors.elementShape(originals);
  }

  /**
   * Returns the model.
   *
   * @return the oracle that the group asks
   */
  public LabelOracle oracle() {
    return oracle;
  }

  /**
   * Returns samples of rows.
   *
   * @param rows rows of the group
   * @return their numbers in the input
   */
  public int[] samples(int[] rows) {
    int[] s = new int[rows.length];
    for (int i = 0; i < s.length; i++) {
      s[i] = samples[rows[i]];
    }
    return s;
  }

  /**
   * Derives the randomness of a step.
   *
   * @param rows rows of the group
   * @param purpose what it is for
   * @param step the step
   * @return a generator each
   */
  public Rng[] rngs(int[] rows, String purpose, int step) {
    Rng[] r = new Rng[rows.length];
    for (int i = 0; i < r.length; i++) {
      r[i] = rngs[rows[i]].derive(purpose).derive(step);
    }
    return r;
  }

  /**
   * Draws a random direction for each row.
   *
   * @param rows rows of the group
   * @param noise the distribution
   * @param purpose what it is for
   * @param step the step
   * @return {@code [rows.length, C, H, W]}
   */
  public NDArray noise(int[] rows, Noise noise, String purpose, int step) {
    int[] once = new int[rows.length];
    Arrays.fill(once, 1);
    Directions directions = new Directions(noise, element(), rngs(rows, purpose, step), once);
    return directions.next(originals.getManager(), rows.length);
  }

  /**
   * Makes a number for each row, in a shape that broadcasts over images.
   *
   * @param values one a row
   * @return {@code [rows, 1, 1, 1]}
   */
  public NDArray perRow(double[] values) {
    float[] v = new float[values.length];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) values[i];
    }
    return originals.getManager().create(v, new Shape(v.length, 1, 1, 1));
  }

  /**
   * Returns originals.
   *
   * @param rows rows of the group
   * @return a copy, {@code [rows.length, C, H, W]}
   */
  public NDArray originals(int[] rows) {
    return Ops.rows(originals, rows);
  }

  /**
   * Returns the adversarial points that the walk stands at.
   *
   * @param rows rows of the group
   * @return a copy, {@code [rows.length, C, H, W]}
   */
  public NDArray points(int[] rows) {
    return Ops.rows(points, rows);
  }

  /**
   * Returns how far a row's point is from its original.
   *
   * @param row a row
   * @return the distance in the walk's norm
   */
  public double distance(int row) {
    return distance[row];
  }

  /**
   * Tells how many queries a row's sample has left.
   *
   * @param row a row
   * @return at least 0
   */
  public long left(int row) {
    return oracle.ledger().left(samples[row]);
  }

  /**
   * Ends the walk of a row.
   *
   * @param row a row
   */
  public void retire(int row) {
    retired[row] = true;
  }

  /**
   * Asks about candidates without moving.
   *
   * @param rows rows of the group, distinct
   * @param candidates one a row, in [0, 1]
   * @return which are adversarial; false for rows without a query left
   */
  public boolean[] ask(int[] rows, NDArray candidates) {
    return query(rows, candidates, -1);
  }

  /**
   * Asks about candidates and moves to those that are adversarial.
   *
   * @param rows rows of the group, distinct
   * @param candidates one a row, in [0, 1]
   * @param step steps taken, for the trace
   * @return which rows have moved
   */
  public boolean[] move(int[] rows, NDArray candidates, int step) {
    return query(rows, candidates, step);
  }

  private boolean[] query(int[] rows, NDArray candidates, int step) {
    boolean[] hit = new boolean[rows.length];
    int[] able = new int[rows.length];
    int count = 0;
    for (int i = 0; i < rows.length; i++) {
      if (left(rows[i]) > 0) {
        able[count++] = i;
      }
    }
    if (count == 0) {
      return hit;
    }
    able = Arrays.copyOf(able, count);
    try (Scope scope = Scope.open()) {
      NDArray asked = count == rows.length ? candidates : Ops.rows(candidates, able);
      int[] askedRows = new int[count];
      for (int i = 0; i < count; i++) {
        askedRows[i] = rows[able[i]];
      }
      Replies replies = oracle.ask(asked, samples(askedRows));
      for (int i = 0; i < count; i++) {
        hit[able[i]] = replies.reached(i);
      }
      if (step >= 0) {
        settle(askedRows, asked, replies, step);
      }
    }
    return hit;
  }

  /** Moves rows to the candidates that were adversarial and keeps those that are nearer. */
  private void settle(int[] rows, NDArray candidates, Replies replies, int step) {
    int[] hits = new int[rows.length];
    int count = 0;
    for (int i = 0; i < replies.answered(); i++) {
      if (replies.reached(i)) {
        hits[count++] = i;
      }
    }
    if (count == 0) {
      return;
    }
    hits = Arrays.copyOf(hits, count);
    int[] moved = new int[count];
    for (int i = 0; i < count; i++) {
      moved[i] = rows[hits[i]];
    }
    NDArray reached = Ops.rows(candidates, hits);
    Ops.overwriteRows(points, Ops.index(points.getManager(), moved), reached);
    float[] far = norm.of(reached.sub(originals(moved))).toFloatArray();
    int[] nearer = new int[count];
    int better = 0;
    for (int i = 0; i < count; i++) {
      int row = moved[i];
      started[row] = true;
      distance[row] = far[i];
      if (far[i] < best[row]) {
        best[row] = far[i];
        outcomes.improved(samples[row], far[i], step);
        if (far[i] <= epsilon) {
          nearer[better++] = i;
        }
      }
    }
    if (better > 0) {
      nearer = Arrays.copyOf(nearer, better);
      int[] fallen = new int[better];
      int[] answers = new int[better];
      for (int i = 0; i < better; i++) {
        fallen[i] = samples[moved[nearer[i]]];
        answers[i] = replies.answer(hits[nearer[i]]);
      }
      outcomes.fell(fallen, Ops.rows(reached, nearer), answers);
    }
  }

  /**
   * Moves points towards their originals until they stand at the boundary, by bisection: on the
   * straight line for L2, through shrinking Linf balls for Linf.
   *
   * @param rows rows of the group, distinct
   * @param tolerance when to stop: for L2 a share of the line, for Linf a radius; greater than 0
   * @param step steps taken, for the trace
   */
  public void bisect(int[] rows, double tolerance, int step) {
    try (Scope scope = Scope.open()) {
      NDArray from = originals(rows);
      NDArray to = points(rows);
      double[] low = new double[rows.length];
      double[] high = new double[rows.length];
      double[] stop = new double[rows.length];
      for (int i = 0; i < rows.length; i++) {
        high[i] = norm == Norm.LINF ? distance[rows[i]] : 1;
        stop[i] = norm == Norm.LINF ? Math.min(tolerance, tolerance * high[i]) : tolerance;
        stop[i] = Math.max(stop[i], high[i] * 0x1p-23);
      }
      while (oracle.ledger().isOpen()) {
        int[] open = new int[rows.length];
        int count = 0;
        for (int i = 0; i < rows.length; i++) {
          if (high[i] - low[i] > stop[i] && left(rows[i]) > 0) {
            open[count++] = i;
          }
        }
        if (count == 0) {
          break;
        }
        open = Arrays.copyOf(open, count);
        int[] openRows = new int[count];
        float[] middle = new float[count];
        for (int i = 0; i < count; i++) {
          openRows[i] = rows[open[i]];
          middle[i] = (float) ((low[open[i]] + high[open[i]]) / 2);
        }
        try (Scope round = Scope.open()) {
          NDArray t = from.getManager().create(middle, new Shape(count, 1, 1, 1));
          NDArray x = Ops.rows(from, open);
          NDArray y = Ops.rows(to, open);
          NDArray candidate =
              norm == Norm.LINF
                  ? y.maximum(x.sub(t)).minimum(x.add(t))
                  : Ops.clamp(x.add(y.sub(x).mul(t)), 0, 1);
          boolean[] hit = move(openRows, candidate, step);
          for (int i = 0; i < count; i++) {
            if (hit[i]) {
              high[open[i]] = middle[i];
            } else {
              low[open[i]] = middle[i];
            }
          }
        }
      }
    }
  }
}
