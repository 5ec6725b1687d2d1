package org.safety4j.datasets.zoo;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.safety4j.datasets.synthetic.PotionWorld;

/** Similarity of texts by the words that they share, rare words counting more (TF-IDF). */
final class RareWords {
  private RareWords() {}

  /** Cosines of every question with every document; a word of no document counts nothing. */
  static float[][] similarities(List<String> questions, List<String> documents) {
    List<Set<String>> words = documents.stream().map(PotionWorld::words).toList();
    Map<String, Double> weights = new HashMap<>();
    words.forEach(of -> of.forEach(word -> weights.merge(word, 1.0, Double::sum)));
    weights.replaceAll((word, count) -> Math.log(documents.size() / count));
    double[] lengths = words.stream().mapToDouble(of -> length(of, weights)).toArray();
    float[][] near = new float[questions.size()][documents.size()];
    for (int i = 0; i < near.length; i++) {
      Set<String> asked = PotionWorld.words(questions.get(i));
      double length = length(asked, weights);
      for (int k = 0; k < lengths.length; k++) {
        double shared =
            words.get(k).stream()
                .filter(asked::contains)
                .mapToDouble(word -> weights.get(word) * weights.get(word))
                .sum();
        near[i][k] = (float) (shared == 0 ? 0 : shared / (length * lengths[k]));
      }
    }
    return near;
  }

  private static double length(Set<String> words, Map<String, Double> weights) {
    double sum = 0;
    for (String word : words) {
      double weight = weights.getOrDefault(word, 0.0);
      sum += weight * weight;
    }
    return Math.sqrt(sum);
  }
}
