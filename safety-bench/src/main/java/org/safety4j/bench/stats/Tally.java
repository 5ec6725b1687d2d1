package org.safety4j.bench.stats;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.metric.QueriesToSuccess;
import org.safety4j.core.metric.Summary;

/** The cells of one attack on one subject: all seeds and draws, image by image. */
final class Tally {
  static final String CORRECT = "correctly classified images";
  static final String IMAGES = "images";

  private final List<Entry.Attacked> cells;
  private final int[] labels;

  Tally(List<Entry.Attacked> cells, int[] labels) {
    this.cells = cells;
    this.labels = labels;
  }

  Entry.Attacked first() {
    return cells.get(0);
  }

  List<Entry.Attacked> cells() {
    return cells;
  }

  private boolean correct(Entry.Attacked cell, int i) {
    return cell.before()[i] == labels[i];
  }

  /** Refused images are negative answers: the model caught them, the attack did not win. */
  private boolean won(Entry.Attacked cell, int i, int[] answers) {
    return correct(cell, i) && cell.valid()[i] && answers[i] >= 0 && answers[i] != labels[i];
  }

  private boolean won(Entry.Attacked cell, int i) {
    return won(cell, i, cell.after());
  }

  Figure clean() {
    double correct = 0;
    for (Entry.Attacked cell : cells) {
      for (int i = 0; i < labels.length; i++) {
        correct += correct(cell, i) ? 1 : 0;
      }
    }
    return ofAll(correct);
  }

  Figure robust() {
    double left = 0;
    for (Entry.Attacked cell : cells) {
      for (int i = 0; i < labels.length; i++) {
        left += correct(cell, i) && !won(cell, i) ? 1 : 0;
      }
    }
    return ofAll(left);
  }

  private Figure ofAll(double count) {
    int n = labels.length;
    double share = n == 0 ? Double.NaN : count / n / cells.size();
    return Figure.of(share, n, IMAGES, cells.size());
  }

  Figure success() {
    return success(false);
  }

  Figure successAfterRounding() {
    return success(true);
  }

  private Figure success(boolean afterRounding) {
    double won = 0;
    double correct = 0;
    int images = 0;
    for (int i = 0; i < labels.length; i++) {
      boolean ever = false;
      for (Entry.Attacked cell : cells) {
        if (correct(cell, i)) {
          ever = true;
          correct++;
          won += won(cell, i, afterRounding ? cell.rounded() : cell.after()) ? 1 : 0;
        }
      }
      images += ever ? 1 : 0;
    }
    return Figure.of(correct == 0 ? Double.NaN : won / correct, images, CORRECT, cells.size());
  }

  /** For each image the share of cells in which the attack won it within a radius. */
  double[] brokenWithin(String norm, double radius) {
    double tolerance = radius * 1e-4 + 1e-6;
    double[] broken = new double[labels.length];
    for (Entry.Attacked cell : cells) {
      float[] distance = distance(cell, norm);
      for (int i = 0; i < labels.length; i++) {
        if (won(cell, i) && distance[i] <= radius + tolerance) {
          broken[i] += 1.0 / cells.size();
        }
      }
    }
    return broken;
  }

  private static float[] distance(Entry.Attacked cell, String norm) {
    return switch (norm) {
      case "LINF" -> cell.linf();
      case "L2" -> cell.l2();
      default -> cell.distance();
    };
  }

  /** The distances of all images won, in a norm. */
  List<Double> winningDistances(String norm) {
    List<Double> distances = new ArrayList<>();
    for (Entry.Attacked cell : cells) {
      float[] distance = distance(cell, norm);
      for (int i = 0; i < labels.length; i++) {
        if (won(cell, i)) {
          distances.add((double) distance[i]);
        }
      }
    }
    return distances;
  }

  /** Of the first cell, which images were classified correctly in spite of the attack. */
  boolean[] withstood() {
    boolean[] withstood = new boolean[labels.length];
    for (int i = 0; i < labels.length; i++) {
      withstood[i] = correct(first(), i) && !won(first(), i);
    }
    return withstood;
  }

  /** Of the first cell, which images the attack won. */
  boolean[] won() {
    boolean[] won = new boolean[labels.length];
    for (int i = 0; i < labels.length; i++) {
      won[i] = won(first(), i);
    }
    return won;
  }

  /** Whether this attack minimises a distance and says how that fell. */
  boolean traced() {
    return cells.stream().anyMatch(cell -> cell.traces().size() == labels.length);
  }

  /**
   * Queries against success.
   *
   * @param radius for an attack that is {@link #traced()}, the distance at which an image is won
   */
  QueriesToSuccess queries(double radius) {
    List<Long> queries = new ArrayList<>();
    List<Boolean> won = new ArrayList<>();
    for (Entry.Attacked cell : cells) {
      boolean traced = cell.traces().size() == labels.length;
      for (int i = 0; i < labels.length; i++) {
        if (correct(cell, i)) {
          long needed = traced ? cell.traces().get(i).firstWithin(radius) : cell.queries()[i];
          queries.add(Math.max(0, needed));
          won.add(won(cell, i) && needed >= 0);
        }
      }
    }
    boolean[] outcomes = new boolean[won.size()];
    for (int i = 0; i < outcomes.length; i++) {
      outcomes[i] = won.get(i);
    }
    return QueriesToSuccess.of(
        queries.stream().mapToLong(Long::longValue).toArray(), outcomes, CORRECT);
  }

  double meanQueries() {
    double sum = 0;
    double count = 0;
    for (Entry.Attacked cell : cells) {
      for (int i = 0; i < labels.length; i++) {
        if (correct(cell, i)) {
          sum += cell.queries()[i];
          count++;
        }
      }
    }
    return sum / count;
  }

  Summary distances() {
    List<Double> distances = new ArrayList<>();
    for (Entry.Attacked cell : cells) {
      for (int i = 0; i < labels.length; i++) {
        if (won(cell, i)) {
          distances.add((double) cell.distance()[i]);
        }
      }
    }
    return Summary.of(distances.stream().mapToDouble(Double::doubleValue).toArray());
  }

  double seconds() {
    return cells.stream().mapToDouble(Entry.Attacked::seconds).average().orElse(Double.NaN);
  }

  int invalid() {
    int invalid = 0;
    for (Entry.Attacked cell : cells) {
      for (boolean valid : cell.valid()) {
        invalid += valid ? 0 : 1;
      }
    }
    return invalid;
  }

  /** Successes that attacks reported but that did not hold, over all cells. */
  int unconfirmed() {
    int unconfirmed = 0;
    for (Entry.Attacked cell : cells) {
      int held = 0;
      for (int i = 0; i < labels.length; i++) {
        held += won(cell, i) ? 1 : 0;
      }
      unconfirmed += Math.max(0, cell.claimed() - held);
    }
    return unconfirmed;
  }
}
