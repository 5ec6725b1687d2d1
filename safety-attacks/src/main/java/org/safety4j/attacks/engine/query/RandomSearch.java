package org.safety4j.attacks.engine.query;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Random search on scores: propose a change, ask for its score, keep it if it is better.
 *
 * <p>The images under attack stay on the device. Only the changed values cross over, are written in
 * place, and are written back where the change was not better, so that a round costs one forward
 * pass and little else. A sample that falls, or has no query left, makes room for the next one, so
 * that batches stay full.
 */
public final class RandomSearch {
  /** How often a proposal that changes nothing is drawn again before a sample is given up. */
  private static final int REDRAWS = 200;

  private final ScoreOracle oracle;
  private final LabeledImages input;
  private final Mutation.Factory mutations;
  private final int[] ids;
  private final Rng rng;
  private final String stage;

  private RandomSearch(
      ScoreOracle oracle, LabeledImages input, Mutation.Factory mutations, Rng rng, String stage) {
    this.oracle = oracle;
    this.input = input;
    this.ids = input.ids();
    this.mutations = mutations;
    this.rng = rng;
    this.stage = stage;
  }

  /** One sample under attack. */
  private static final class Searcher {
    private final Canvas canvas;
    private final Mutation mutation;
    private final Edits edits;
    private double best;
    private int step;
    private boolean starting = true;

    Searcher(Canvas canvas, Mutation mutation, double best) {
      this.canvas = canvas;
      this.mutation = mutation;
      this.edits = new Edits(canvas);
      this.best = best;
    }

    /** Writes the next proposal; false if there is none. */
    boolean propose() {
      edits.clear();
      if (starting) {
        mutation.start(edits);
        if (edits.changeSomething()) {
          return true;
        }
        starting = false;
      }
      for (int i = 0; i < REDRAWS; i++) {
        edits.clear();
        if (!mutation.propose(step, edits)) {
          return false;
        }
        if (edits.changeSomething()) {
          return true;
        }
      }
      return false;
    }

    /** Takes a score; true if the proposal is kept. */
    boolean judge(double loss, boolean reached) {
      boolean kept = starting || reached || loss > best;
      step++;
      if (kept) {
        best = loss;
        canvas.apply(edits);
      }
      if (starting) {
        starting = false;
      } else {
        mutation.judged(kept);
      }
      return kept;
    }
  }

  /**
   * Searches until every sample has fallen or has no query left.
   *
   * @param oracle the model, its loss and its ledger
   * @param input the originals; stay the caller's
   * @param mutations makes each sample's proposals
   * @param rng the root of the search's randomness
   * @param stage the name under which the run's listener hears of progress
   * @return what was achieved, to be closed by the caller
   */
  public static Outcomes run(
      ScoreOracle oracle, LabeledImages input, Mutation.Factory mutations, Rng rng, String stage) {
    Outcomes outcomes = Outcomes.begin(oracle, input);
    try {
      new RandomSearch(oracle, input, mutations, rng, stage).search(outcomes);
      return outcomes;
    } catch (RuntimeException e) {
      outcomes.close();
      throw e;
    }
  }

  private void search(Outcomes outcomes) {
    int[] queue = outcomes.pending();
    if (queue.length == 0) {
      return;
    }
    Shape element = Tensors.elementShape(input.images());
    int size = Math.toIntExact(element.size());
    int capacity = Math.min(Oracle.rows(element), queue.length);
    try (Scope all = Scope.open();
        NDManager own = input.manager().newSubManager()) {
      NDArray slots = Ops.rows(input.images(), Arrays.copyOf(queue, capacity));
      slots.attach(own);
      Searcher[] searchers = new Searcher[capacity];
      int waiting = capacity;
      int active = capacity;
      for (int s = 0; s < capacity; s++) {
        searchers[s] = searcher(queue[s], outcomes);
      }
      Upload upload = new Upload();
      for (long round = 1; active > 0 && oracle.ledger().isOpen(); round++) {
        try (Scope scope = Scope.open()) {
          for (int s = 0; s < active; ) {
            if (searchers[s].propose()) {
              s++;
              continue;
            }
            if (waiting < queue.length) {
              load(slots, s, queue[waiting]);
              searchers[s] = searcher(queue[waiting++], outcomes);
            } else {
              active--;
              move(slots, active, s);
              searchers[s] = searchers[active];
            }
          }
          if (active == 0) {
            break;
          }
          NDArray flat = slots.reshape(-1);
          upload.clear();
          int[] samples = new int[active];
          for (int s = 0; s < active; s++) {
            samples[s] = searchers[s].canvas.sample();
            upload.add(searchers[s].edits, s * size);
          }
          upload.write(flat);
          NDArray batch = active == capacity ? slots : slots.get(first(active));
          Replies replies = oracle.ask(batch, samples);

          upload.clear();
          double sum = 0;
          boolean[] leaves = new boolean[active];
          for (int s = 0; s < replies.answered(); s++) {
            Searcher searcher = searchers[s];
            boolean kept = searcher.judge(replies.loss(s), replies.reached(s));
            outcomes.stepsOf(samples[s], searcher.step);
            if (kept) {
              outcomes.improved(samples[s], searcher.best, searcher.step);
            } else {
              upload.undo(searcher.edits, searcher.canvas, s * size);
            }
            leaves[s] = replies.reached(s) || oracle.ledger().left(samples[s]) <= 0;
            sum += searcher.best;
          }
          upload.write(flat);
          keepFallen(outcomes, slots, samples, replies);
          for (int s = active - 1; s >= 0; s--) {
            if (leaves[s] && waiting < queue.length) {
              load(slots, s, queue[waiting]);
              searchers[s] = searcher(queue[waiting++], outcomes);
            } else if (leaves[s]) {
              active--;
              move(slots, active, s);
              searchers[s] = searchers[active];
            }
          }
          oracle.run().listener().step(stage, round, 0, sum / Math.max(1, replies.answered()));
        }
      }
    }
  }

  private Searcher searcher(int sample, Outcomes outcomes) {
    NDArray image = input.images().get(sample);
    Shape shape = image.getShape();
    Canvas canvas =
        new Canvas(
            sample,
            (int) shape.get(0),
            (int) shape.get(1),
            (int) shape.get(2),
            image.toFloatArray(),
            rng.derive(ids[sample]).sequence(),
            oracle.ledger().perSample());
    return new Searcher(canvas, mutations.of(canvas), outcomes.baseLoss(sample));
  }

  private static NDIndex first(int rows) {
    return new NDIndex().addSliceDim(0, rows);
  }

  private void load(NDArray slots, int slot, int sample) {
    NDArray at = Ops.index(slots.getManager(), slot);
    Ops.overwriteRows(slots, at, Ops.rows(input.images(), sample));
  }

  private static void move(NDArray slots, int from, int to) {
    if (from != to) {
      Ops.overwriteRows(slots, Ops.index(slots.getManager(), to), Ops.rows(slots, from));
    }
  }

  private static void keepFallen(Outcomes outcomes, NDArray slots, int[] samples, Replies replies) {
    int[] rows = new int[samples.length];
    int count = 0;
    for (int s = 0; s < samples.length; s++) {
      if (replies.reached(s)) {
        rows[count++] = s;
      }
    }
    if (count == 0) {
      return;
    }
    rows = Arrays.copyOf(rows, count);
    int[] fallen = new int[count];
    int[] answers = new int[count];
    for (int i = 0; i < count; i++) {
      fallen[i] = samples[rows[i]];
      answers[i] = replies.answer(rows[i]);
    }
    outcomes.fell(fallen, Ops.rows(slots, rows), answers);
  }

  /** Values on their way to the device. */
  private static final class Upload {
    private long[] places = new long[256];
    private float[] values = new float[256];
    private int size;

    void clear() {
      size = 0;
    }

    private void room(int more) {
      if (size + more > places.length) {
        int length = Math.max(2 * places.length, size + more);
        places = Arrays.copyOf(places, length);
        values = Arrays.copyOf(values, length);
      }
    }

    void add(Edits edits, int offset) {
      room(edits.size());
      for (int i = 0; i < edits.size(); i++) {
        places[size] = offset + (long) edits.place(i);
        values[size++] = edits.value(i);
      }
    }

    void undo(Edits edits, Canvas canvas, int offset) {
      room(edits.size());
      for (int i = 0; i < edits.size(); i++) {
        places[size] = offset + (long) edits.place(i);
        values[size++] = canvas.current(edits.place(i));
      }
    }

    void write(NDArray flat) {
      if (size > 0) {
        NDManager manager = flat.getManager();
        NDArray where = manager.create(Arrays.copyOf(places, size));
        NDArray what = manager.create(Arrays.copyOf(values, size));
        Ops.overwriteRows(flat, where, what);
      }
    }
  }
}
