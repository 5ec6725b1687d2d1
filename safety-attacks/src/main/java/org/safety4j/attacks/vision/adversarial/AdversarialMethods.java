package org.safety4j.attacks.vision.adversarial;

import java.util.List;
import java.util.function.Supplier;
import org.safety4j.core.method.Method;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.method.MethodProvider;
import org.safety4j.core.model.ImageClassifier;

/** What the first-order attacks say of themselves. */
final class AdversarialMethods {
  private static final String FIRST_ORDER = "White-box / First-order";
  private static final String MINIMUM_NORM = "White-box / Minimum-norm";
  private static final String TRANSFER = "Black-box / Transfer-based";
  private static final String STOPS = "Samples stop once they have fallen.";
  private static final String MEAN_ABSOLUTE =
      "Gradients are divided by their mean absolute value instead of the L1 norm, which differs by"
          + " a constant factor.";

  static final MethodInfo FGSM =
      MethodInfo.attack("core-fgsm", ImageClassifier.White.class)
          .named("FGSM")
          .category(FIRST_ORDER)
          .cites(
              "Goodfellow, Shlens, Szegedy",
              "Explaining and Harnessing Adversarial Examples",
              "ICLR",
              2015)
          .deviations("In an L2 ball the step follows the gradient and not its sign.")
          .build();

  static final MethodInfo BIM =
      MethodInfo.attack("core-bim", ImageClassifier.White.class)
          .named("BIM")
          .category(FIRST_ORDER)
          .cites(
              "Kurakin, Goodfellow, Bengio",
              "Adversarial Examples in the Physical World",
              "ICLR Workshop",
              2017)
          .deviations(STOPS, "In an L2 ball steps follow the gradient.")
          .build();

  static final MethodInfo PGD =
      MethodInfo.attack("core-pgd", ImageClassifier.White.class)
          .named("PGD")
          .category(FIRST_ORDER)
          .cites(
              "Madry, Makelov, Schmidt, Tsipras, Vladu",
              "Towards Deep Learning Models Resistant to Adversarial Attacks",
              "ICLR",
              2018)
          .deviations(
              STOPS,
              "An L1 step moves the hundredth part of the entries where the gradient is largest and"
                  + " the box leaves room.")
          .build();

  static final MethodInfo MI_FGSM =
      MethodInfo.attack("core-mi-fgsm", ImageClassifier.White.class)
          .named("MI-FGSM")
          .category(TRANSFER)
          .cites(
              "Dong, Liao, Pang, Su, Zhu, Hu, Li",
              "Boosting Adversarial Attacks with Momentum",
              "CVPR",
              2018)
          .deviations(MEAN_ABSOLUTE)
          .build();

  static final MethodInfo NI_FGSM =
      MethodInfo.attack("core-ni-fgsm", ImageClassifier.White.class)
          .named("NI-FGSM")
          .category(TRANSFER)
          .cites(
              "Lin, Song, He, Wang, Hopcroft",
              "Nesterov Accelerated Gradient and Scale Invariance for Adversarial Attacks",
              "ICLR",
              2020)
          .deviations(MEAN_ABSOLUTE)
          .build();

  static final MethodInfo VMI_FGSM =
      MethodInfo.attack("core-vmi-fgsm", ImageClassifier.White.class)
          .named("VMI-FGSM")
          .category(TRANSFER)
          .cites(
              "Wang, He",
              "Enhancing the Transferability of Adversarial Attacks through Variance Tuning",
              "CVPR",
              2021)
          .deviations(MEAN_ABSOLUTE)
          .build();

  static final MethodInfo DI_FGSM =
      MethodInfo.attack("core-di-fgsm", ImageClassifier.White.class)
          .named("DI-FGSM")
          .category(TRANSFER)
          .cites(
              "Xie, Zhang, Zhou, Bai, Wang, Ren, Yuille",
              "Improving Transferability of Adversarial Examples with Input Diversity",
              "CVPR",
              2019)
          .deviations(
              MEAN_ABSOLUTE,
              "Images are shrunk to nine tenths at most and padded to their own size, where the"
                  + " paper enlarges them.")
          .build();

  static final MethodInfo TI_FGSM =
      MethodInfo.attack("core-ti-fgsm", ImageClassifier.White.class)
          .named("TI-FGSM")
          .category(TRANSFER)
          .cites(
              "Dong, Pang, Su, Zhu",
              "Evading Defenses to Transferable Adversarial Examples by Translation-Invariant"
                  + " Attacks",
              "CVPR",
              2019)
          .deviations(MEAN_ABSOLUTE)
          .build();

  static final MethodInfo APGD =
      MethodInfo.attack("core-apgd", ImageClassifier.White.class)
          .named("APGD")
          .category(FIRST_ORDER)
          .cites(
              "Croce, Hein",
              "Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse"
                  + " Parameter-free Attacks",
              "ICML",
              2020)
          .deviations(
              STOPS,
              "The projection onto L2 ball and box together is exact.",
              "With target classes but fewer than four classes the plain difference of two logits"
                  + " is raised.")
          .build();

  static final MethodInfo CARLINI_WAGNER =
      MethodInfo.attack("core-cw", ImageClassifier.White.class)
          .named("C&W L2")
          .category(MINIMUM_NORM)
          .cites(
              "Carlini, Wagner",
              "Towards Evaluating the Robustness of Neural Networks",
              "IEEE S&P",
              2017)
          .deviations(
              "The L2 attack only.",
              "The search for c ends after its steps without a last try at the upper bound.")
          .build();

  static final MethodInfo DEEP_FOOL =
      MethodInfo.attack("core-deepfool", ImageClassifier.White.class)
          .named("DeepFool")
          .category(MINIMUM_NORM)
          .cites(
              "Moosavi-Dezfooli, Fawzi, Frossard",
              "DeepFool: A Simple and Accurate Method to Fool Deep Neural Networks",
              "CVPR",
              2016)
          .deviations("Images are kept inside the box.")
          .build();

  static final MethodInfo FAB =
      MethodInfo.attack("core-fab", ImageClassifier.White.class)
          .named("FAB")
          .category(MINIMUM_NORM)
          .cites(
              "Croce, Hein",
              "Minimally Distorted Adversarial Examples with a Fast Adaptive Boundary Attack",
              "ICML",
              2020)
          .deviations(
              "Inside a ball a sample stops at its first image within it.",
              "The final search is three bisections asked of the model.")
          .build();

  static final MethodInfo DDN =
      MethodInfo.attack("core-ddn", ImageClassifier.White.class)
          .named("DDN")
          .category(MINIMUM_NORM)
          .cites(
              "Rony, Hafemann, Oliveira, Ben Ayed, Sabourin, Granger",
              "Decoupling Direction and Norm for Efficient Gradient-Based L2 Adversarial Attacks and"
                  + " Defenses",
              "CVPR",
              2019)
          .build();

  static final MethodInfo EAD =
      MethodInfo.attack("core-ead", ImageClassifier.White.class)
          .named("EAD (elastic net)")
          .category(MINIMUM_NORM)
          .cites(
              "Chen, Sharma, Zhang, Yi, Hsieh",
              "EAD: Elastic-Net Attacks to Deep Neural Networks via Adversarial Examples",
              "AAAI",
              2018)
          .build();

  static final MethodInfo JSMA =
      MethodInfo.attack("core-jsma", ImageClassifier.White.class)
          .named("JSMA")
          .category("White-box / Sparse")
          .cites(
              "Papernot, McDaniel, Jha, Fredrikson, Celik, Swami",
              "The Limitations of Deep Learning in Adversarial Settings",
              "EuroS&P",
              2016)
          .deviations(
              "Without a target it aims at the likeliest wrong class, and any wrong one counts.",
              "Gradients are of logits.",
              "In images of more than 512 values a pair is sought among the 512 that are most"
                  + " salient alone.")
          .build();

  static final MethodInfo UAP =
      MethodInfo.attack("core-uap", ImageClassifier.White.class)
          .named("Universal adversarial perturbation")
          .category("White-box / Universal")
          .cites(
              "Moosavi-Dezfooli, Fawzi, Fawzi, Frossard",
              "Universal Adversarial Perturbations",
              "CVPR",
              2017)
          .deviations(
              "The change ascends the mean of capped margins over minibatches, instead of adding up"
                  + " DeepFool steps.")
          .build();

  static final MethodInfo PATCH =
      MethodInfo.attack("core-adversarial-patch", ImageClassifier.White.class)
          .named("Adversarial patch (EOT)")
          .category("White-box / Patch")
          .cites("Brown, Mané, Roy, Abadi, Gilmer", "Adversarial Patch", "NeurIPS Workshop", 2017)
          .deviations(
              "Without a target the loss of the true class is raised.",
              "The patch ascends by the sign of a gradient with momentum.")
          .build();

  static final MethodInfo SPATIAL =
      MethodInfo.attack("core-spatial", ImageClassifier.White.class)
          .named("Rotation-translation and flow (stAdv)")
          .category("White-box / Spatial")
          .cites(
              "Engstrom, Tran, Tsipras, Schmidt, Madry",
              "Exploring the Landscape of Spatial Robustness",
              "ICML",
              2019)
          .deviations(
              "The grid is walked from the identity outwards.",
              "The flow field of Xiao et al., Spatially Transformed Adversarial Examples, ICLR 2018,"
                  + " is optimised by Adam instead of L-BFGS.")
          .build();

  static final MethodInfo EOT =
      MethodInfo.attack("core-eot", ImageClassifier.White.class)
          .named("EOT and BPDA")
          .category("White-box / Adaptive")
          .cites(
              "Athalye, Carlini, Wagner",
              "Obfuscated Gradients Give a False Sense of Security",
              "ICML",
              2018)
          .deviations(STOPS)
          .build();

  static final MethodInfo AUTO_ATTACK =
      MethodInfo.attack("core-autoattack-rand", ImageClassifier.White.class)
          .named("AutoAttack")
          .category("White-box / Adaptive")
          .cites(
              "Croce, Hein",
              "Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse"
                  + " Parameter-free Attacks",
              "ICML",
              2020)
          .deviations("Members see the originals once more each, which their queries count.")
          .build();

  /** The radius of the catalogue's default configurations. */
  private static final double EPSILON = 8 / 255.0;

  private static final double PATCH_SHARE = 0.4;

  private AdversarialMethods() {}

  static List<MethodProvider.Entry> entries() {
    return List.of(
        entry(FGSM, Fgsm.class, () -> Fgsm.linf(EPSILON)),
        entry(BIM, Bim.class, () -> Bim.linf(EPSILON)),
        entry(PGD, Pgd.class, () -> Pgd.linf(EPSILON)),
        entry(MI_FGSM, MiFgsm.class, () -> MiFgsm.linf(EPSILON)),
        entry(NI_FGSM, NiFgsm.class, () -> NiFgsm.linf(EPSILON)),
        entry(VMI_FGSM, VmiFgsm.class, () -> VmiFgsm.linf(EPSILON)),
        entry(DI_FGSM, DiFgsm.class, () -> DiFgsm.linf(EPSILON)),
        entry(TI_FGSM, TiFgsm.class, () -> TiFgsm.linf(EPSILON)),
        entry(APGD, Apgd.class, () -> Apgd.linf(EPSILON)),
        entry(CARLINI_WAGNER, CarliniWagner.class, CarliniWagner::l2),
        entry(DEEP_FOOL, DeepFool.class, DeepFool::l2),
        entry(FAB, Fab.class, () -> Fab.linf(EPSILON)),
        entry(DDN, Ddn.class, Ddn::l2),
        entry(EAD, Ead.class, Ead::l1),
        entry(JSMA, Jsma.class, () -> Jsma.l0(40)),
        entry(UAP, UniversalPerturbation.class, () -> UniversalPerturbation.linf(EPSILON)),
        entry(PATCH, AdversarialPatch.class, () -> AdversarialPatch.square(PATCH_SHARE)),
        entry(SPATIAL, SpatialGrid.class, () -> SpatialGrid.within(30, 3)),
        entry(EOT, Eot.class, () -> Eot.linf(EPSILON)),
        entry(AUTO_ATTACK, AutoAttack.class, () -> AutoAttack.standard(EPSILON)));
  }

  static MethodProvider.Entry entry(
      MethodInfo info, Class<? extends Method> recipe, Supplier<? extends Method> create) {
    return new MethodProvider.Entry(info, recipe.getName(), create);
  }
}
