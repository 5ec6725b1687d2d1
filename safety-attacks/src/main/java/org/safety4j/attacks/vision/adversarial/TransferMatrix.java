package org.safety4j.attacks.vision.adversarial;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.Require;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/**
 * How often images that were made on one model fool another. A row is a surrogate, a column a
 * victim; the diagonal, where a model is both, is the attack's own success.
 *
 * <p>Counted are images that surrogate and victim both classify correctly. Attacks that are meant
 * to transfer give an image for each of them, whether it fooled the surrogate or not.
 *
 * <pre>{@code
 * TransferMatrix matrix = TransferMatrix.of(MiFgsm.linf(8 / 255.0))
 *     .surrogate(vit).surrogate(LogitEnsemble.of(List.of(vit, cnn)))
 *     .victim(vit).victim(cnn).victim(remote)
 *     .run(images, Run.seed(0));
 * matrix.rate("digits-vit", "digits-cnn");
 * }</pre>
 */
public final class TransferMatrix {
  /** The denominator of every rate. */
  public static final String BOTH_CORRECT = "images that both models classify correctly";

  private static final int BATCH = 64;

  private final List<String> surrogates;
  private final List<String> victims;
  private final Map<String, Map<String, Rate>> rates;

  private TransferMatrix(
      List<String> surrogates, List<String> victims, Map<String, Map<String, Rate>> rates) {
    this.surrogates = List.copyOf(surrogates);
    this.victims = List.copyOf(victims);
    this.rates = rates;
  }

  /**
   * Starts a matrix.
   *
   * @param attack makes the images
   * @return a plan without models yet
   */
  public static Plan of(EvasionAttack.White attack) {
    return new Plan(attack, Map.of(), Map.of());
  }

  /** Which models meet. Immutable; models stay the caller's. */
  public static final class Plan {
    private final EvasionAttack.White attack;
    private final Map<String, ImageClassifier.White> surrogates;
    private final Map<String, ImageClassifier.Black> victims;

    private Plan(
        EvasionAttack.White attack,
        Map<String, ImageClassifier.White> surrogates,
        Map<String, ImageClassifier.Black> victims) {
      this.attack = attack;
      this.surrogates = Collections.unmodifiableMap(surrogates);
      this.victims = Collections.unmodifiableMap(victims);
    }

    /**
     * Adds a row.
     *
     * @param model a model to make images on, known by its card's name
     * @return a copy
     * @throws IllegalArgumentException if there is one of that name
     */
    public Plan surrogate(ImageClassifier.White model) {
      return new Plan(attack, with(surrogates, model), victims);
    }

    /**
     * Adds a column.
     *
     * @param model a model to try images on, known by its card's name
     * @return a copy
     * @throws IllegalArgumentException if there is one of that name
     */
    public Plan victim(ImageClassifier.Black model) {
      return new Plan(attack, surrogates, with(victims, model));
    }

    private static <M extends ImageClassifier.Black> Map<String, M> with(
        Map<String, M> models, M model) {
      Map<String, M> more = new LinkedHashMap<>(models);
      String name = model.card().name();
      Require.that(
          more.put(name, model) == null,
          "two models have the name \"" + name + "\"; names must differ");
      return more;
    }

    /**
     * Makes images on every surrogate and tries them on every victim.
     *
     * @param images the originals; stay the caller's
     * @param run seed, budget, cancellation
     * @return the matrix
     * @throws org.safety4j.core.error.RunCancelled if the run was cancelled
     */
    public TransferMatrix run(LabeledImages images, Run run) {
      Map<String, int[]> clean = new LinkedHashMap<>();
      victims.forEach((name, victim) -> clean.put(name, labels(victim, images)));
      Map<String, Map<String, Rate>> rates = new LinkedHashMap<>();
      for (Map.Entry<String, ImageClassifier.White> surrogate : surrogates.entrySet()) {
        try (EvasionResult made = attack.run(surrogate.getValue(), images, run);
            LabeledImages changed = made.asImages(images)) {
          Map<String, Rate> row = new LinkedHashMap<>();
          for (Map.Entry<String, ImageClassifier.Black> victim : victims.entrySet()) {
            run.proceed();
            int[] after = labels(victim.getValue(), changed);
            row.put(
                victim.getKey(), rate(made, images.labels(), clean.get(victim.getKey()), after));
          }
          rates.put(surrogate.getKey(), row);
        }
      }
      return new TransferMatrix(
          new ArrayList<>(surrogates.keySet()), new ArrayList<>(victims.keySet()), rates);
    }

    private static int[] labels(ImageClassifier.Black model, LabeledImages images) {
      int[] all = new int[images.size()];
      int next = 0;
      for (LabeledImages batch : images.batches(BATCH)) {
        try (batch) {
          for (int label : model.labels(batch.images())) {
            all[next++] = label;
          }
        }
      }
      return all;
    }

    private static Rate rate(EvasionResult made, int[] labels, int[] before, int[] after) {
      int[] both =
          IntStream.range(0, labels.length)
              .filter(i -> made.sample(i).wasCorrect() && before[i] == labels[i])
              .toArray();
      long fooled =
          IntStream.of(both)
              .filter(i -> after[i] != labels[i] && after[i] != ImageClassifier.Black.REJECTED)
              .count();
      return Rate.of(fooled, both.length, BOTH_CORRECT);
    }
  }

  /**
   * Returns the rows' names.
   *
   * @return surrogates in the order in which they were added
   */
  public List<String> surrogates() {
    return surrogates;
  }

  /**
   * Returns the columns' names.
   *
   * @return victims in the order in which they were added
   */
  public List<String> victims() {
    return victims;
  }

  /**
   * Returns how often images made on one model fool another.
   *
   * @param surrogate the row
   * @param victim the column
   * @return the rate, with its interval
   * @throws IllegalArgumentException if there is no such row or column
   */
  public Rate rate(String surrogate, String victim) {
    Require.that(
        surrogates.contains(surrogate), "no surrogate \"" + surrogate + "\", only " + surrogates);
    Require.that(victims.contains(victim), "no victim \"" + victim + "\", only " + victims);
    return rates.get(surrogate).get(victim);
  }

  /** Prints a table of shares, a row a surrogate. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("made on \\ tried on");
    victims.forEach(v -> text.append('\t').append(v));
    for (String s : surrogates) {
      text.append('\n').append(s);
      for (String v : victims) {
        Rate rate = rates.get(s).get(v);
        text.append('\t').append(String.format(Locale.ROOT, "%.3f", rate.value()));
      }
    }
    return text.toString();
  }
}
