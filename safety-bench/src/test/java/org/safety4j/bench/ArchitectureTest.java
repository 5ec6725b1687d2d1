package org.safety4j.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import ai.djl.ndarray.NDArray;
import ai.djl.training.GradientCollector;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Holds the modules to who may know whom. */
@AnalyzeClasses(packages = "org.safety4j", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule attacksAndDefensesDoNotKnowEachOther =
      noClasses()
          .that()
          .resideInAPackage("org.safety4j.attacks..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.safety4j.defenses..");

  @ArchTest
  static final ArchRule defensesAndAttacksDoNotKnowEachOther =
      noClasses()
          .that()
          .resideInAPackage("org.safety4j.defenses..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.safety4j.attacks..");

  @ArchTest
  static final ArchRule enginesOfAttacksKnowNoRecipe =
      noClasses()
          .that()
          .resideInAPackage("org.safety4j.attacks.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.safety4j.attacks.vision..");

  @ArchTest
  static final ArchRule enginesOfDefensesKnowNoRecipe =
      noClasses()
          .that()
          .resideInAPackage("org.safety4j.defenses.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.safety4j.defenses.vision..");

  @ArchTest
  static final ArchRule onlyOnePackageTouchesThePyTorchEngine =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.safety4j.core.tensor.torch..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl.pytorch..");

  @ArchTest
  static final ArchRule methodsUseNoOperationThatCutsTheGraph =
      noClasses()
          .that()
          .resideInAnyPackage("org.safety4j.attacks..", "org.safety4j.defenses..")
          .should()
          .callMethod(NDArray.class, "duplicate")
          .orShould()
          .callMethod(NDArray.class, "clip", Number.class, Number.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(GradientCollector.class);

  @ArchTest
  static final ArchRule modulesHaveNoCycles =
      slices().matching("org.safety4j.(*)..").should().beFreeOfCycles();
}
