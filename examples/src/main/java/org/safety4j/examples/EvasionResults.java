package org.safety4j.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.safety4j.attacks.vision.adversarial.SparseRs;
import org.safety4j.core.attack.Ball;
import org.safety4j.core.attack.Constrained;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.SafetyException;
import org.safety4j.core.method.Catalog;
import org.safety4j.core.method.Kind;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.method.MethodProvider;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.datasets.images.Digits;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.datasets.zoo.ZooModel;

/**
 * Prints docs/results/evasion.md: the robust accuracy of the six digit models under every
 * registered evasion attack in its default configuration. Arguments: number of images, 100 by
 * default, and ids of attacks, all by default. All of them take hours on one thread.
 */
public final class EvasionResults {
  /** The radius at which each norm's attacks are compared, on 8x8 images in [0, 1]. */
  private static final Map<Norm, Double> RADII =
      Map.of(Norm.LINF, 0.1, Norm.L2, 0.6, Norm.L1, 3.0, Norm.L0, 4.0);

  /** Attacks whose changes no norm's ball describes. */
  private static final Set<String> OWN_SIZE = Set.of("core-adversarial-patch", "core-spatial");

  private EvasionResults() {}

  /**
   * Prints the tables.
   *
   * @param args number of images, then ids of attacks
   */
  public static void main(String[] args) {
    int count = args.length == 0 ? 100 : Integer.parseInt(args[0]);
    List<String> ids = List.of(args).subList(Math.min(1, args.length), args.length);
    List<ZooModel> models =
        List.of(
            Zoo.digitsVit(),
            Zoo.digitsVitPgd(),
            Zoo.digitsVitTrades(),
            Zoo.digitsCnn(),
            Zoo.digitsCnnPgd(),
            Zoo.digitsCnnTrades());
    List<ImageClassifier.White> open = new ArrayList<>();
    try (LabeledImages images = Digits.test().first(count).open()) {
      models.forEach(m -> open.add(m.open()));
      System.out.println("# Evasion of the digit models");
      System.out.println();
      System.out.println(
          "Robust accuracy with its 95 % Wilson interval, on the first test images, as many as the row says: an image counts as lost if"
              + " an answer changes within the radius (Linf 0.1, L2 0.6, L1 3.0, L0 4"
              + " entries). Attacks run in their default configuration, seed 0, but for the radius; an attack that minimises a distance is"
              + " held to the radius of its norm afterwards; a patch keeps its own size, a rotation or flow its own range.");
      System.out.println();
      StringBuilder head = new StringBuilder("| attack | norm | images |");
      StringBuilder rule = new StringBuilder("|---|---|---|");
      for (ZooModel model : models) {
        head.append(' ').append(model.id()).append(" |");
        rule.append("---|");
      }
      System.out.println(head);
      System.out.println(rule);
      System.out.println(clean(open, images));
      for (MethodProvider.Entry entry : Catalog.entries()) {
        MethodInfo info = entry.info();
        boolean asked = ids.isEmpty() || ids.contains(info.id());
        if (asked
            && info.kind() == Kind.ATTACK
            && entry.create().get() instanceof EvasionAttack<?> attack) {
          System.out.println(row(info, attack, open, images));
        }
      }
    } finally {
      open.forEach(ImageClassifier.White::close);
    }
  }

  private static String clean(List<ImageClassifier.White> models, LabeledImages images) {
    StringBuilder row = new StringBuilder("| none | | " + images.size() + " |");
    int[] labels = images.labels();
    for (ImageClassifier.White model : models) {
      int[] answers = model.labels(images.images());
      int right = 0;
      for (int i = 0; i < labels.length; i++) {
        right += answers[i] == labels[i] ? 1 : 0;
      }
      row.append(' ').append(cell(Rate.of(right, labels.length, "images"))).append(" |");
    }
    return row.toString();
  }

  private static <M extends ImageClassifier.Black> String row(
      MethodInfo info,
      EvasionAttack<M> attack,
      List<ImageClassifier.White> models,
      LabeledImages images) {
    EvasionAttack<M> held = held(attack);
    StringBuilder cells = new StringBuilder();
    Norm norm = null;
    for (ImageClassifier.White model : models) {
      try (EvasionResult result = held.run(held.requires().cast(model), images, Run.seed(0))) {
        norm = result.norm();
        boolean ownSize = OWN_SIZE.contains(info.id());
        double radius = ownSize ? Double.POSITIVE_INFINITY : RADII.get(norm) + 1e-4;
        int stands = 0;
        for (EvasionResult.Sample sample : result.samples()) {
          boolean lost = sample.success() && sample.distance() <= radius;
          stands += sample.wasCorrect() && !lost ? 1 : 0;
        }
        cells.append(' ').append(cell(Rate.of(stands, images.size(), "images"))).append(" |");
      } catch (SafetyException e) {
        cells.append(" ").append(e.getClass().getSimpleName()).append(" |");
      }
    }
    return "| `" + info.id() + "` | " + norm + " | " + images.size() + " |" + cells;
  }

  /** Gives an attack that keeps within a ball the radius of the comparison. */
  @SuppressWarnings("unchecked")
  private static <M extends ImageClassifier.Black> EvasionAttack<M> held(EvasionAttack<M> attack) {
    if (attack instanceof Constrained<?> constrained) {
      Norm norm = constrained.ball().norm();
      return (EvasionAttack<M>) constrained.withBall(new Ball(norm, RADII.get(norm)));
    }
    if (attack instanceof SparseRs) {
      return (EvasionAttack<M>) SparseRs.pixels(RADII.get(Norm.L0).intValue());
    }
    return attack;
  }

  private static String cell(Rate rate) {
    return String.format(
        Locale.ROOT,
        "%.2f [%.2f, %.2f]",
        rate.value(),
        rate.interval().lower(),
        rate.interval().upper());
  }
}
