package org.safety4j.core.nn.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.TokenChooser;
import org.safety4j.core.text.Tokenizer;
import org.safety4j.core.text.WrittenText;

/**
 * Beam search over one prompt. A finished beam's score is its log-probability divided by its length
 * to the length penalty; the search ends when no running beam can still beat the worst of the
 * finished ones that are kept.
 */
final class BeamSearch {
  private record Beam(int[] ids, double score) {
    Beam with(int id, double newScore) {
      int[] longer = Arrays.copyOf(ids, ids.length + 1);
      longer[ids.length] = id;
      return new Beam(longer, newScore);
    }
  }

  private record Candidate(int beam, int id, double score) {}

  private record Finished(int[] ids, double score, Completion.Finish finish) {}

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final Set<Integer> endTokens;
  private final CausalLm.Hook hook;
  private final Decoding decoding;

  BeamSearch(
      Decoder decoder,
      Tokenizer tokenizer,
      Set<Integer> endTokens,
      CausalLm.Hook hook,
      Decoding decoding) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
    this.hook = hook;
    this.decoding = decoding;
  }

  Completion search(int[] prompt) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off();
        NDManager manager = decoder.manager().newSubManager()) {
      int n = decoding.beams();
      NDArray cache = decoder.cache(manager, n, prompt.length + decoding.maxNewTokens() - 1);
      NDArray first = decoder.firstRows(cache, 1);
      float[] scores = step(manager, new int[][] {prompt}, first, 0);
      List<Beam> beams = List.of(new Beam(new int[0], 0));
      List<Finished> finished = new ArrayList<>();
      for (int position = prompt.length; ; position++) {
        List<Candidate> candidates = candidates(prompt, beams, scores, 2 * n);
        List<Beam> next = new ArrayList<>();
        int[] from = new int[n];
        for (int rank = 0; rank < candidates.size() && next.size() < n; rank++) {
          Candidate c = candidates.get(rank);
          Beam longer = beams.get(c.beam).with(c.id, c.score);
          Completion.Finish end = end(longer.ids);
          if (end == null) {
            from[next.size()] = c.beam;
            next.add(longer);
          } else if (rank < n) {
            keep(finished, new Finished(longer.ids, ranked(c.score, longer.ids.length), end));
          }
        }
        int written = position - prompt.length + 1;
        boolean settled =
            finished.size() == n
                && (next.isEmpty()
                    || ranked(next.get(0).score, written) <= finished.get(n - 1).score);
        if (settled || next.isEmpty() || written == decoding.maxNewTokens()) {
          if (!settled) {
            next.forEach(
                b ->
                    keep(
                        finished,
                        new Finished(b.ids, ranked(b.score, written), Completion.Finish.LENGTH)));
          }
          return completion(finished.get(0), prompt.length);
        }
        beams = next;
        decoder.reordered(cache, Arrays.copyOf(from, beams.size()), position).close();
        int[][] last =
            beams.stream().map(b -> new int[] {b.ids[b.ids.length - 1]}).toArray(int[][]::new);
        NDArray rows = decoder.firstRows(cache, beams.size());
        scores = step(manager, last, rows, position);
        rows.close();
      }
    }
  }

  private double ranked(double score, int length) {
    return score / Math.pow(length, decoding.lengthPenalty());
  }

  /** Keeps as many finished beams as there are beams, best first. */
  private void keep(List<Finished> finished, Finished candidate) {
    finished.add(candidate);
    finished.sort(Comparator.comparingDouble(Finished::score).reversed());
    if (finished.size() > decoding.beams()) {
      finished.remove(finished.size() - 1);
    }
  }

  private Completion.Finish end(int[] ids) {
    if (decoding.stopAtEnd() && endTokens.contains(ids[ids.length - 1])) {
      return Completion.Finish.END_TOKEN;
    }
    if (!decoding.stop().isEmpty() && text(ids).stopped()) {
      return Completion.Finish.STOP_TEXT;
    }
    return null;
  }

  private WrittenText text(int[] ids) {
    WrittenText text = new WrittenText(tokenizer, decoding.stop());
    for (int id : ids) {
      if (id < tokenizer.size() && !text.stopped()) {
        text.add(id);
      }
    }
    return text;
  }

  private Completion completion(Finished best, int promptTokens) {
    WrittenText text = text(best.ids);
    text.finish();
    return new Completion(best.ids, text.text(), best.finish, promptTokens);
  }

  private float[] step(NDManager manager, int[][] rows, NDArray cache, int position) {
    long[] flat = Arrays.stream(rows).flatMapToInt(Arrays::stream).asLongStream().toArray();
    try (NDArray ids = manager.create(flat, new Shape(rows.length, rows[0].length));
        NDArray padding = manager.create(new long[rows.length]);
        NDArray logits =
            decoder.fromIds(ids, padding, cache, new Decoder.Plan(position, 0, true, 1), hook)) {
      return logits.toFloatArray();
    }
  }

  /** The best continuations of all beams, best first; ties by beam, then by id. */
  private List<Candidate> candidates(int[] prompt, List<Beam> beams, float[] flat, int most) {
    int v = decoder.shape().vocabulary();
    List<Candidate> all = new ArrayList<>();
    for (int b = 0; b < beams.size(); b++) {
      float[] logits = Arrays.copyOfRange(flat, b * v, (b + 1) * v);
      double normaliser = logSumExp(logits);
      float[] logProbabilities = new float[v];
      for (int i = 0; i < v; i++) {
        logProbabilities[i] = (float) (logits[i] - normaliser);
      }
      int[] ids = beams.get(b).ids;
      TokenChooser.penalise(
          decoding.repetitionPenalty(), prompt, ids, ids.length, logProbabilities);
      for (int id : largest(logProbabilities, most)) {
        all.add(new Candidate(b, id, beams.get(b).score + logProbabilities[id]));
      }
    }
    all.sort(Comparator.comparingDouble(Candidate::score).reversed());
    return all.subList(0, Math.min(most, all.size()));
  }

  private static double logSumExp(float[] x) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float each : x) {
      largest = Math.max(largest, each);
    }
    double sum = 0;
    for (float each : x) {
      sum += Math.exp(each - largest);
    }
    return largest + Math.log(sum);
  }

  private static int[] largest(float[] x, int most) {
    int[] best = new int[Math.min(most, x.length)];
    int n = 0;
    for (int i = 0; i < x.length; i++) {
      if (n == best.length && x[i] <= x[best[n - 1]]) {
        continue;
      }
      int at = n < best.length ? n++ : n - 1;
      while (at > 0 && x[best[at - 1]] < x[i]) {
        best[at] = best[at - 1];
        at--;
      }
      best[at] = i;
    }
    return best;
  }
}
