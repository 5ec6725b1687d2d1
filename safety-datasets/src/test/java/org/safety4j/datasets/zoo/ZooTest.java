package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.model.VisionTransformer;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.train.ClassifierRecipe;

class ZooTest {
  static Stream<ZooModel> models() {
    return Zoo.list().stream();
  }

  private static int correct(ImageClassifier.Black model, LabeledImages set) {
    try (Scope scope = Scope.open()) {
      int[] answers = model.labels(set.images());
      int[] labels = set.labels();
      int correct = 0;
      for (int i = 0; i < labels.length; i++) {
        correct += answers[i] == labels[i] ? 1 : 0;
      }
      return correct;
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void publishedFiguresHoldOnThePublishedWeights(ZooModel zoo) {
    ZooFigures figures = zoo.figures();
    try (ImageClassifier.White model = zoo.open();
        LabeledImages test = zoo.test().open()) {
      assertThat(test.size()).isEqualTo(figures.count());
      assertThat(correct(model, test)).isBetween(figures.correct() - 1, figures.correct() + 1);
      assertThat(model.card().name()).isEqualTo(zoo.id());
      assertThat(model.card().parameters()).isEqualTo(figures.parameters());
      assertThat(model.classes()).isEqualTo(test.classNames().size());
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void modelsAreAsGoodAsPromised(ZooModel zoo) {
    boolean digits = zoo.id().startsWith("digits");
    assertThat(zoo.figures().accuracy()).isGreaterThan(digits ? 0.97 - 1e-9 : 0.60);
    if (zoo.training() != ZooTraining.STANDARD) {
      double standard =
          Zoo.named(zoo.id().replace(zoo.training().suffix(), "")).figures().robustAccuracy();
      assertThat(zoo.figures().robustAccuracy()).isGreaterThan(standard + 0.15);
    }
  }

  @Test
  void transformersOpenAsSuchAndNetworksDoNot() {
    try (VisionTransformer.White vit = Zoo.digitsVit().open(VisionTransformer.White.class)) {
      assertThat(vit.blocks()).isEqualTo(4);
    }
    assertThatThrownBy(() -> Zoo.digitsCnn().open(VisionTransformer.White.class))
        .isInstanceOf(UnsupportedModel.class);
  }

  @Test
  void unknownNamesListNearOnes() {
    assertThatThrownBy(() -> Zoo.named("digits-vit-pdg"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("digits-vit-pgd");
  }

  @Test
  void namesSurviveSerialisation() throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(Zoo.digitsCnnTrades());
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(Zoo.digitsCnnTrades());
    }
  }

  @Test
  void figuresReadWhatTheyWrite() throws IOException {
    ZooFigures figures = new ZooFigures("ab", 10, 3, 40, 0.125, 17, 488, 300, 500, 0.1, 20);
    byte[] text = figures.toText().getBytes(StandardCharsets.UTF_8);
    assertThat(ZooFigures.read("f", new ByteArrayInputStream(text))).isEqualTo(figures);
    assertThat(figures.accuracy()).isEqualTo(0.976);
    assertThat(figures.robustAccuracy()).isEqualTo(0.6);
    assertThatThrownBy(() -> ZooFigures.read("f", new ByteArrayInputStream(new byte[0])))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("f:");
  }

  @Test
  void foldersHashTheirFilesAndRoundWeightsToHalf(@TempDir Path folder) throws IOException {
    try (ImageClassifier.White model = Zoo.digitsCnn().open();
        LabeledImages test = Parts.first(8)) {
      ZooFolder.save(model, folder);
      try (InputStream shipped = Zoo.class.getResourceAsStream("digits-cnn/model.safetensors")) {
        assertThat(Files.readAllBytes(folder.resolve("model.safetensors")))
            .isEqualTo(shipped.readAllBytes());
      }
      try (ImageClassifier.White again = Models.imageClassifier(folder);
          NDArray a = model.logits(test.images());
          NDArray b = again.logits(test.images())) {
        assertThat(b.toFloatArray()).isEqualTo(a.toFloatArray());
      }
    }
    String intact = ZooFolder.hash(folder);
    Path weights = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    assertThat(ZooFolder.hash(folder)).isNotEqualTo(intact);
  }

  @Test
  void aRecipeLearns() {
    try (LabeledImages train = Parts.train(320);
        LabeledImages test = Parts.first(200);
        TrainableClassifier model = shortened(3).train(train, Run.seed(1))) {
      assertThat(correct(model, test)).isGreaterThan(80);
    }
  }

  @Test
  void aRecipeFollowsItsSeed() {
    ClassifierRecipe recipe = shortened(1);
    try (LabeledImages train = Parts.train(64);
        LabeledImages test = Parts.first(10);
        TrainableClassifier once = recipe.train(train, Run.seed(1));
        TrainableClassifier again = recipe.train(train, Run.seed(1));
        TrainableClassifier other = recipe.train(train, Run.seed(2));
        NDArray a = once.logits(test.images());
        NDArray b = again.logits(test.images());
        NDArray c = other.logits(test.images())) {
      assertThat(b.toFloatArray()).isEqualTo(a.toFloatArray());
      assertThat(c.toFloatArray()).isNotEqualTo(a.toFloatArray());
    }
  }

  private static ClassifierRecipe shortened(int epochs) {
    ClassifierRecipe recipe = DigitsRecipes.cnn().classifier();
    return recipe.withOptions(recipe.options().withEpochs(epochs));
  }

  /** Parts of the digits. */
  private static final class Parts {
    static LabeledImages first(int n) {
      return Zoo.digitsCnn().test().first(n).open();
    }

    static LabeledImages train(int n) {
      return Zoo.digitsCnn().recipe().train().first(n).open();
    }
  }

  @Test
  void everyModelHasARecipe() {
    assertThat(Zoo.list())
        .hasSize(7)
        .allSatisfy(
            zoo -> {
              assertThat(zoo.id()).startsWith(zoo.recipe().classifier().id());
              assertThat(zoo.recipe().train().size()).isGreaterThan(zoo.test().size());
            });
    assertThat(Arrays.stream(ZooTraining.values()).map(ZooTraining::suffix))
        .doesNotHaveDuplicates();
  }
}
