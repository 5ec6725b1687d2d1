package org.safety4j.attacks.vision.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.safety4j.testkit.models.LinearClassifier;
import org.safety4j.testkit.models.TestImages;
import org.safety4j.testkit.models.TinyMlp;

class TransferMatrixTest {
  private static final Shape SHAPE = new Shape(1, 4, 4);

  /** A linear classifier under a name of its own, turned by an angle in weight space. */
  private static ImageClassifier.White named(String name, double turn) {
    double[] w = new double[16];
    double sum = 0;
    for (int i = 0; i < 16; i++) {
      double a = Math.cos(3.0 * i + 1);
      double b = Math.cos(7.0 * i + 2);
      w[i] = Math.cos(turn) * a + Math.sin(turn) * b;
      sum += w[i];
    }
    LinearClassifier model = LinearClassifier.halfSpace(w, -sum / 2, SHAPE);
    return (ImageClassifier.White)
        java.lang.reflect.Proxy.newProxyInstance(
            TransferMatrixTest.class.getClassLoader(),
            new Class<?>[] {ImageClassifier.White.class},
            (proxy, method, arguments) ->
                method.getName().equals("card")
                    ? model.card().withName(name)
                    : method.invoke(model, arguments));
  }

  @Test
  void nearModelsShareImagesAndFarOnesDoNot() {
    try (ImageClassifier.White a = named("a", 0);
        ImageClassifier.White near = named("near", 0.1);
        ImageClassifier.White far = named("far", Math.PI / 2);
        LabeledImages images = TestImages.labelledBy(a, 60, 1)) {
      TransferMatrix matrix =
          TransferMatrix.of(MiFgsm.linf(0.1))
              .surrogate(a)
              .victim(a)
              .victim(near)
              .victim(Access.restrict(far, ImageClassifier.Black.class, Budget.unlimited()))
              .run(images, Run.seed(0));
      assertThat(matrix.surrogates()).containsExactly("a");
      assertThat(matrix.victims()).containsExactly("a", "near", "far");
      double own = matrix.rate("a", "a").value();
      assertThat(own).isGreaterThan(0.5);
      assertThat(matrix.rate("a", "near").value()).isGreaterThan(0.8 * own);
      assertThat(matrix.rate("a", "far").value()).isLessThan(0.6 * own);
      assertThat(matrix.rate("a", "a").denominator()).isEqualTo(TransferMatrix.BOTH_CORRECT);
      assertThat(matrix.rate("a", "far").trials()).isLessThan(60);
      assertThat(matrix.toString()).startsWith("made on").contains("near");
      assertThatThrownBy(() -> matrix.rate("a", "b")).hasMessageContaining("no victim \"b\"");
    }
  }

  @Test
  void anEnsembleLiesBetweenItsMembersAndTransfersToBoth() {
    try (ImageClassifier.White a = named("a", 0);
        ImageClassifier.White b = named("b", 1.2);
        LabeledImages images = TestImages.labelledBy(a, 60, 1)) {
      LogitEnsemble both = LogitEnsemble.of(List.of(a, b));
      TransferMatrix matrix =
          TransferMatrix.of(MiFgsm.linf(0.1))
              .surrogate(a)
              .surrogate(both)
              .victim(a)
              .victim(b)
              .run(images, Run.seed(0));
      assertThat(both.card().name()).isEqualTo("a+b");
      assertThat(matrix.rate("a+b", "b").value()).isGreaterThan(matrix.rate("a", "b").value());
    }
  }

  @Test
  void namesMustDiffer() {
    try (TinyMlp model = TinyMlp.create()) {
      assertThatThrownBy(
              () -> TransferMatrix.of(MiFgsm.linf(0.1)).surrogate(model).surrogate(model))
          .hasMessage("two models have the name \"tiny-mlp\"; names must differ");
    }
  }
}
