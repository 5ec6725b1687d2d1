package org.safety4j.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import ai.djl.ndarray.NDArray;
import ai.djl.training.GradientCollector;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "org.safety4j.core",
    importOptions = ImportOption.DoNotIncludeTests.class)
class CoreArchitectureTest {
  @ArchTest
  static final ArchRule onlyOnePackageTouchesThePyTorchEngine =
      noClasses()
          .that()
          .resideOutsideOfPackage("..core.tensor.torch..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl.pytorch..");

  @ArchTest
  static final ArchRule onlyOnePackageTouchesLangChain =
      noClasses()
          .that()
          .resideOutsideOfPackage("..core.chat..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.langchain4j..");

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("org.safety4j.core.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule nobodyCollectsGradientsThroughTheProcessWideCollector =
      noClasses().should().dependOnClassesThat().areAssignableTo(GradientCollector.class);

  @ArchTest
  static final ArchRule nobodyUsesOperationsThatCutTheGraph =
      noClasses()
          .that()
          .resideOutsideOfPackage("..core.load..")
          .should()
          .callMethod(NDArray.class, "duplicate")
          .orShould()
          .callMethod(NDArray.class, "clip", Number.class, Number.class);

  @ArchTest
  static final ArchRule nothingPrints =
      noClasses()
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");
}
