package org.safety4j.core.train;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.safety4j.core.model.TokenRows;

/**
 * Sequences laid out in rows: several short ones behind one another, so that little of a batch is
 * padding. Where no two fit into a row, each has its own and no mask is needed.
 *
 * @param rows the arrays; targets stand in the order of the sequences
 * @param targets how many targets each sequence has
 * @param order the sequences' numbers as they stand in the rows, row after row
 */
record TokenPacking(TokenRows rows, int[] targets, int[] order) implements AutoCloseable {

  /** Packs with first-fit decreasing into rows of the length given, or of the longest sequence. */
  static TokenPacking of(NDManager manager, List<TokenSequence> sequences, int rowLength) {
    int capacity =
        Math.max(rowLength, sequences.stream().mapToInt(TokenSequence::length).max().orElse(1));
    List<Integer> order =
        IntStream.range(0, sequences.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> -sequences.get(i).length()))
            .toList();
    List<List<Integer>> rows = new ArrayList<>();
    List<Integer> used = new ArrayList<>();
    for (int i : order) {
      int length = sequences.get(i).length();
      int row = 0;
      while (row < rows.size() && used.get(row) + length > capacity) {
        row++;
      }
      if (row == rows.size()) {
        rows.add(new ArrayList<>());
        used.add(0);
      }
      rows.get(row).add(i);
      used.set(row, used.get(row) + length);
    }
    int width = used.stream().mapToInt(n -> n).max().orElse(1);
    return laidOut(manager, sequences, rows, width);
  }

  private static TokenPacking laidOut(
      NDManager manager, List<TokenSequence> sequences, List<List<Integer>> rows, int width) {
    long[] ids = new long[rows.size() * width];
    long[] segments = new long[ids.length];
    long[] places = new long[ids.length];
    int[] starts = new int[sequences.size()];
    for (int row = 0; row < rows.size(); row++) {
      int at = row * width;
      for (int segment = 0; segment < rows.get(row).size(); segment++) {
        int i = rows.get(row).get(segment);
        starts[i] = at;
        int[] tokens = sequences.get(i).ids();
        for (int k = 0; k < tokens.length; k++, at++) {
          ids[at] = tokens[k];
          segments[at] = segment;
          places[at] = k;
        }
      }
    }
    int[] targets = sequences.stream().mapToInt(TokenSequence::targets).toArray();
    long[] at = new long[IntStream.of(targets).sum()];
    long[] next = new long[at.length];
    int n = 0;
    for (int i = 0; i < starts.length; i++) {
      TokenSequence sequence = sequences.get(i);
      for (int k = 1; k < sequence.length(); k++) {
        if (sequence.learnt()[k]) {
          at[n] = starts[i] + k - 1L;
          next[n++] = sequence.ids()[k];
        }
      }
    }
    Shape shape = new Shape(rows.size(), width);
    return new TokenPacking(
        new TokenRows(
            manager.create(ids, shape),
            manager.create(segments, shape),
            manager.create(places, shape),
            manager.create(at),
            manager.create(next)),
        targets,
        rows.stream().flatMap(List::stream).mapToInt(i -> i).toArray());
  }

  @Override
  public void close() {
    rows.close();
  }
}
