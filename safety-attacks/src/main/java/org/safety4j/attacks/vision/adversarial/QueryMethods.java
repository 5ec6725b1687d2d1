package org.safety4j.attacks.vision.adversarial;

import java.util.List;
import java.util.function.Supplier;
import org.safety4j.core.method.Method;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.method.MethodProvider;
import org.safety4j.core.model.ImageClassifier;

/** What the attacks by queries say of themselves. */
final class QueryMethods {
  private static final String SCORES = "Black-box / Score-based";
  private static final String DECISIONS = "Black-box / Decision-based";
  private static final String SPARSE = "Black-box / Sparse";

  static final MethodInfo SQUARE =
      MethodInfo.attack("core-square", ImageClassifier.Gray.class)
          .named("Square Attack")
          .category(SCORES)
          .cites(
              "Andriushchenko, Croce, Flammarion, Hein",
              "Square Attack: a query-efficient black-box adversarial attack via random search",
              "ECCV",
              2020)
          .deviations(
              "A proposal that changes no pixel is drawn again and costs no query.",
              "The schedule of square sizes is stretched over the queries that the budget allows.")
          .build();

  static final MethodInfo SIMBA =
      MethodInfo.attack("core-simba", ImageClassifier.Gray.class)
          .named("SimBA")
          .category(SCORES)
          .cites(
              "Guo, Gardner, You, Wilson, Weinberger",
              "Simple Black-box Adversarial Attacks",
              "ICML",
              2019)
          .deviations(
              "A direction that the box or the ball leaves no room for costs no query.",
              "DCT directions start with the lowest eighth of the frequencies in random order, then"
                  + " the block's side doubles until all are used.")
          .build();

  static final MethodInfo NES =
      MethodInfo.attack("core-nes", ImageClassifier.Gray.class)
          .named("NES")
          .category(SCORES)
          .cites(
              "Ilyas, Engstrom, Athalye, Lin",
              "Black-box Adversarial Attacks with Limited Queries and Information",
              "ICML",
              2018)
          .deviations(
              "Untargeted: it ascends the cross-entropy of the label.",
              "Points asked for an estimate are limited to the box [0, 1].")
          .build();

  static final MethodInfo SPSA =
      MethodInfo.attack("core-spsa", ImageClassifier.Gray.class)
          .named("SPSA")
          .category(SCORES)
          .cites(
              "Uesato, O'Donoghue, van den Oord, Kohli",
              "Adversarial Risk and the Dangers of Evaluating Against Weak Attacks",
              "ICML",
              2018)
          .deviations(
              "64 pairs an estimate by default, where the paper goes up to thousands; more make it"
                  + " stronger.",
              "Points asked for an estimate are limited to the box [0, 1].")
          .build();

  static final MethodInfo HOP_SKIP_JUMP =
      MethodInfo.attack("core-hopskipjump", ImageClassifier.Black.class)
          .named("HopSkipJumpAttack")
          .category(DECISIONS)
          .cites(
              "Chen, Jordan, Wainwright",
              "HopSkipJumpAttack: A Query-Efficient Decision-Based Attack",
              "IEEE S&P",
              2020)
          .deviations(
              "The probe's size is kept above what float32 pixels can resolve.",
              "The search for a step's size ends after 30 halvings.",
              "Starts other than uniform noise are tried where noise is not adversarial.")
          .build();

  static final MethodInfo BOUNDARY =
      MethodInfo.attack("core-boundary", ImageClassifier.Black.class)
          .named("Boundary Attack")
          .category(DECISIONS)
          .cites(
              "Brendel, Rauber, Bethge",
              "Decision-Based Adversarial Attacks: Reliable Attacks Against Black-Box Machine"
                  + " Learning Models",
              "ICLR",
              2018)
          .deviations(
              "The start is moved to the boundary by bisection before the walk.",
              "Orthogonal steps are tested by a query of their own only every tenth step.")
          .build();

  static final MethodInfo SPARSE_RS =
      MethodInfo.attack("core-sparse-rs", ImageClassifier.Gray.class)
          .named("Sparse-RS")
          .category(SPARSE)
          .cites(
              "Croce, Andriushchenko, Singh, Flammarion, Hein",
              "Sparse-RS: A Versatile Framework for Query-Efficient Sparse Black-box Adversarial"
                  + " Attacks",
              "AAAI",
              2022)
          .deviations(
              "A patch moves every fifth proposal, by at most the schedule's share of the free"
                  + " room.",
              "A frame is changed by squares whose side is the schedule's share of the image's.")
          .build();

  private QueryMethods() {}

  static List<MethodProvider.Entry> entries() {
    return List.of(
        entry(SQUARE, "Square", () -> Square.linf(8 / 255.0)),
        entry(SIMBA, "Simba", Simba::pixel),
        entry(NES, "Nes", () -> Nes.linf(0.05)),
        entry(SPSA, "Spsa", () -> Spsa.linf(8 / 255.0)),
        entry(HOP_SKIP_JUMP, "HopSkipJump", HopSkipJump::l2),
        entry(BOUNDARY, "BoundaryAttack", BoundaryAttack::l2),
        entry(SPARSE_RS, "SparseRs", () -> SparseRs.pixels(150)));
  }

  private static MethodProvider.Entry entry(
      MethodInfo info, String simpleName, Supplier<? extends Method> create) {
    String packageName = QueryMethods.class.getPackageName();
    return new MethodProvider.Entry(info, packageName + "." + simpleName, create);
  }
}
