package org.safety4j.defenses.vision.adversarial;

import java.util.List;
import java.util.function.Supplier;
import org.safety4j.core.method.Method;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.method.MethodProvider.Entry;
import org.safety4j.core.model.Access;

/** Describes this package's methods without loading them. */
public final class AdversarialDefenses {
  static final MethodInfo RANDOMIZED_SMOOTHING =
      MethodInfo.defense("core-randomized-smoothing", Access.BLACK_BOX)
          .named("Randomized smoothing")
          .category("Certified / Randomised smoothing")
          .cites(
              "J. Cohen, E. Rosenfeld, J. Z. Kolter",
              "Certified Adversarial Robustness via Randomized Smoothing",
              "International Conference on Machine Learning",
              2019)
          .deviations(
              "The shield averages logits over few copies and neither abstains nor certifies.",
              "The shield's noise is drawn once by default, so that it is a function of the image.")
          .adaptiveAttacks("core-eot", "core-pgd", "core-autoattack-rand")
          .build();

  static final MethodInfo JPEG =
      transformation("core-jpeg", "JPEG compression")
          .deviations(
              "The model is not retrained on compressed images.",
              "Images are coded on the device in arrays, not by a codec library.")
          .build();

  static final MethodInfo BIT_DEPTH =
      transformation("core-bit-depth", "Bit depth reduction")
          .cites(
              "W. Xu, D. Evans, Y. Qi",
              "Feature Squeezing: Detecting Adversarial Examples in Deep Neural Networks",
              "Network and Distributed System Security Symposium",
              2018)
          .build();

  static final MethodInfo MEDIAN_SMOOTHING =
      transformation("core-median-smoothing", "Median smoothing")
          .cites(
              "W. Xu, D. Evans, Y. Qi",
              "Feature Squeezing: Detecting Adversarial Examples in Deep Neural Networks",
              "Network and Distributed System Security Symposium",
              2018)
          .deviations(
              "Of an even number of values the lower middle one is taken.",
              "Borders are reflected without repeating the outermost pixel.")
          .build();

  static final MethodInfo TOTAL_VARIATION =
      transformation("core-total-variation", "Total variation minimisation")
          .deviations(
              "The distance is squared, and each channel has a total variation of its own.",
              "Solved by a primal-dual method instead of split Bregman iterations.",
              "The model is not retrained on transformed images.")
          .build();

  static final MethodInfo FEATURE_SQUEEZING =
      MethodInfo.defense("core-feature-squeezing", Access.GRAY_BOX)
          .named("Feature squeezing")
          .category("Detection / Prediction inconsistency")
          .cites(
              "W. Xu, D. Evans, Y. Qi",
              "Feature Squeezing: Detecting Adversarial Examples in Deep Neural Networks",
              "Network and Distributed System Security Symposium",
              2018)
          .deviations(
              "Medians of an even number of values take the lower middle one.",
              "The denoiser weighs patches by their mean squared difference over all channels.")
          .adaptiveAttacks("core-pgd", "core-apgd", "core-hopskipjump", "core-boundary")
          .build();

  static final MethodInfo FEATURE_STATISTICS =
      MethodInfo.defense("core-mahalanobis", Access.WHITE_BOX)
          .named("Mahalanobis and LID detectors")
          .category("Detection / Feature statistics")
          .cites(
              "K. Lee, K. Lee, H. Lee, J. Shin",
              "A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial"
                  + " Attacks",
              "Advances in Neural Information Processing Systems",
              2018)
          .deviations(
              "The covariance is mixed with a multiple of the identity instead of pseudo-inverted.",
              "Images moved by the pre-processing stay in [0, 1]; how far they move is given, not"
                  + " searched for.",
              "Neighbours come from one fixed set of images, not from each batch.",
              "Activations of transformers are averaged over tokens.",
              "The regression learns from a gradient attack of the defense's own.")
          .adaptiveAttacks("core-pgd", "core-apgd", "core-hopskipjump", "core-boundary")
          .build();

  static final MethodInfo PGD_AT =
      training("core-pgd-at", "PGD adversarial training")
          .cites(
              "A. Madry, A. Makelov, L. Schmidt, D. Tsipras, A. Vladu",
              "Towards Deep Learning Models Resistant to Adversarial Attacks",
              "International Conference on Learning Representations",
              2018)
          .deviations("The search runs in evaluation mode by default.")
          .build();

  static final MethodInfo TRADES =
      training("core-trades", "TRADES")
          .cites(
              "H. Zhang, Y. Yu, J. Jiao, E. Xing, L. El Ghaoui, M. Jordan",
              "Theoretically Principled Trade-off between Robustness and Accuracy",
              "International Conference on Machine Learning",
              2019)
          .build();

  static final MethodInfo MART =
      training("core-mart", "MART")
          .cites(
              "Y. Wang, D. Zou, J. Yi, J. Bailey, X. Ma, Q. Gu",
              "Improving Adversarial Robustness Requires Revisiting Misclassified Examples",
              "International Conference on Learning Representations",
              2020)
          .build();

  static final MethodInfo AWP =
      training("core-awp", "Adversarial weight perturbation")
          .cites(
              "D. Wu, S.-T. Xia, Y. Wang",
              "Adversarial Weight Perturbation Helps Robust Generalization",
              "Advances in Neural Information Processing Systems",
              2020)
          .deviations("No warm-up epochs without the perturbation.")
          .build();

  static final MethodInfo FAST_AT =
      training("core-fast-at", "Fast and free adversarial training")
          .category("Adversarial training / Efficient")
          .cites(
              "E. Wong, L. Rice, J. Z. Kolter",
              "Fast is Better than Free: Revisiting Adversarial Training",
              "International Conference on Learning Representations",
              2020)
          .deviations(
              "After catastrophic overfitting, training goes on from the best weights with more"
                  + " steps.",
              "The recipe decides on learning rate and precision.")
          .build();

  static final MethodInfo IBP =
      training("core-ibp", "Interval bound propagation and CROWN-IBP")
          .category("Certified / Bound propagation")
          .cites(
              "S. Gowal, K. Dvijotham, R. Stanforth, R. Bunel, C. Qin, J. Uesato, R."
                  + " Arandjelovic, T. Mann, P. Kohli",
              "On the Effectiveness of Interval Bound Propagation for Training Verifiably Robust"
                  + " Models",
              "arXiv 1810.12715",
              2018)
          .deviations(
              "Ball and weights change linearly; optimiser and learning rate are the recipe's.",
              "Bounds in float32 without outward rounding; a margin counts above 1e-4.")
          .build();

  private AdversarialDefenses() {}

  private static MethodInfo.Builder training(String id, String name) {
    return MethodInfo.defense(id, Access.WHITE_BOX)
        .named(name)
        .category("Adversarial training / Min-max")
        .adaptiveAttacks("core-pgd", "core-apgd", "core-autoattack-rand", "core-square");
  }

  private static MethodInfo.Builder transformation(String id, String name) {
    return MethodInfo.defense(id, Access.BLACK_BOX)
        .named(name)
        .category("Input transformation")
        .cites(
            "C. Guo, M. Rana, M. Cissé, L. van der Maaten",
            "Countering Adversarial Images using Input Transformations",
            "International Conference on Learning Representations",
            2018)
        .adaptiveAttacks("core-pgd", "core-apgd", "core-square");
  }

  /**
   * Lists this package's methods.
   *
   * @return one entry a method
   */
  public static List<Entry> entries() {
    return List.of(
        entry(
            RANDOMIZED_SMOOTHING, "RandomizedSmoothing", () -> RandomizedSmoothing.gaussian(0.25)),
        entry(JPEG, "JpegCompression", () -> JpegCompression.quality(75)),
        entry(BIT_DEPTH, "BitDepth", () -> BitDepth.bits(3)),
        entry(MEDIAN_SMOOTHING, "MedianSmoothing", () -> MedianSmoothing.width(2)),
        entry(TOTAL_VARIATION, "TotalVariation", () -> TotalVariation.weight(0.03)),
        entry(FEATURE_SQUEEZING, "FeatureSqueezing", FeatureSqueezing::defaults),
        entry(FEATURE_STATISTICS, "FeatureStatistics", FeatureStatistics::mahalanobis),
        entry(PGD_AT, "PgdAdversarialTraining", () -> PgdAdversarialTraining.linf(8 / 255.0)),
        entry(TRADES, "Trades", () -> Trades.linf(8 / 255.0)),
        entry(MART, "Mart", () -> Mart.linf(8 / 255.0)),
        entry(
            AWP,
            "AdversarialWeightPerturbation",
            () -> AdversarialWeightPerturbation.on(PgdAdversarialTraining.linf(8 / 255.0))),
        entry(FAST_AT, "FastAdversarialTraining", () -> FastAdversarialTraining.linf(8 / 255.0)),
        entry(IBP, "IntervalBoundPropagation", () -> IntervalBoundPropagation.linf(8 / 255.0)));
  }

  private static Entry entry(
      MethodInfo info, String simpleName, Supplier<? extends Method> create) {
    String packageName = AdversarialDefenses.class.getPackageName();
    return new Entry(info, packageName + "." + simpleName, create);
  }
}
