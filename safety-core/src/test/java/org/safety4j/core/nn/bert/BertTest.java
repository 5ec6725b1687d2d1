package org.safety4j.core.nn.bert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.load.SafetensorsFile;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.TextBatch;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.core.model.WhiteText;
import org.safety4j.core.run.Budget;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.tensor.ValueAndGradient;

class BertTest {
  private static TextClassifier.White classifier;
  private static TextEncoder.White encoder;
  private static SafetensorsFile io;
  private static NDManager manager;

  @BeforeAll
  static void open() {
    classifier = LanguageModels.textClassifier(Fixtures.path("bert"));
    encoder = LanguageModels.textEncoder(ModelFiles.in(Fixtures.path("bert")), Pooling.mean());
    io = SafetensorsFile.open(Fixtures.path("bert").resolve("io.safetensors"));
    manager = Tensors.newManager();
  }

  @AfterAll
  static void close() {
    classifier.close();
    encoder.close();
    io.close();
    manager.close();
  }

  private static NDArray read(String name) {
    return io.read(name, manager);
  }

  private static double distance(NDArray a, NDArray b) {
    assertThat(a.getShape()).isEqualTo(b.getShape());
    return a.sub(b).abs().max().getFloat();
  }

  private static TextBatch batch() {
    return new TextBatch(read("in.ids"), read("in.attention_mask"), read("in.token_type_ids"));
  }

  @Test
  void logitsStatesAndGradientsAgreeWithTheReference() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      NDArray embeddings = read("in.embeddings");
      assertThat(distance(classifier.lookUp(read("in.ids")), embeddings)).isZero();
      assertThat(distance(classifier.logitsOf(embeddings, batch()), read("out.logits")))
          .isLessThan(1e-4);
      assertThat(distance(encoder.embedOf(embeddings, batch()), read("out.mean_pooled")))
          .isLessThan(1e-4);
      NDArray leaf = Grad.leaf(embeddings);
      WhiteText.Trace trace = classifier.trace(leaf, batch());
      NDArray last = trace.hidden().get(classifier.blocks());
      assertThat(distance(last, read("out.last_hidden"))).isLessThan(1e-4);
      assertThat(trace.attention()).hasSize(classifier.blocks());
      assertThat(trace.attention().get(0).get("1, :, :, 5:").abs().max().getFloat()).isZero();
      NDArray logits = classifier.logitsOf(leaf, batch());
      NDList gradients =
          Grad.vjps(
              new NDList(logits, last),
              List.of(leaf),
              List.of(read("vjp.logits"), read("vjp.last_hidden")));
      NDArray reference = read("grad.embeddings");
      assertThat(distance(gradients.get(0), reference))
          .isLessThan(1e-3 * reference.abs().max().getFloat());
    }
  }

  @Test
  void paddingDoesNotChangeAText() {
    try (Scope scope = Scope.open()) {
      NDArray alone = classifier.logits(List.of("tell"));
      NDArray beside = classifier.logits(List.of("open the door", "tell")).get("1:2");
      assertThat(distance(alone, beside)).isLessThan(1e-5);
      assertThat(classifier.labels(List.of("tell", "open the door")))
          .isEqualTo(
              new int[] {
                (int) alone.argMax(1).getLong(0), classifier.labels(List.of("open the door"))[0]
              });
      assertThat(classifier.classNames()).hasSize(3);
    }
  }

  @Test
  void poolingsDiffer() {
    try (TextEncoder.White unit = LanguageModels.textEncoder(Fixtures.path("bert"));
        TextEncoder.White first =
            LanguageModels.textEncoder(
                ModelFiles.in(Fixtures.path("bert")), new Pooling(Pooling.Mode.FIRST, false));
        Scope scope = Scope.open()) {
      List<String> texts = List.of("open the door", "tell");
      NDArray mean = encoder.embed(texts);
      NDArray normalised = unit.embed(texts);
      assertThat(normalised.pow(2).sum(new int[] {1}).sub(1).abs().max().getFloat())
          .isLessThan(1e-5f);
      NDArray length = mean.pow(2).sum(new int[] {1}, true).sqrt();
      assertThat(distance(mean.div(length), normalised)).isLessThan(1e-5);
      TextBatch batch = first.tokens(texts);
      NDArray state = first.trace(first.lookUp(batch.ids()), batch).hidden().get(first.blocks());
      assertThat(distance(first.embed(texts), state.get(":, 0"))).isLessThan(1e-5);
    }
  }

  @Test
  void gradientMatchesAFiniteDifference() {
    try (Scope scope = Scope.open()) {
      TextBatch batch = classifier.tokens(List.of("open the door"));
      NDArray x = classifier.lookUp(batch.ids());
      NDArray labels = manager.create(new long[] {2});
      ValueAndGradient at = classifier.gradient(x, batch, labels, (z, y) -> z.get(":, 2"));
      NDArray direction = x.sign();
      float h = 1e-2f;
      float up = classifier.logitsOf(x.add(direction.mul(h)), batch).getFloat(0, 2);
      float down = classifier.logitsOf(x.sub(direction.mul(h)), batch).getFloat(0, 2);
      assertThat((up - down) / (2 * h))
          .isCloseTo(
              at.gradient().mul(direction).sum().getFloat(),
              org.assertj.core.data.Percentage.withPercentage(2));
    }
  }

  @Test
  void restrictedModelsCountTexts() {
    TextClassifier.Black black =
        Access.restrict(classifier, TextClassifier.Black.class, Budget.unlimited());
    black.labels(List.of("a", "b", "c"));
    assertThat(Access.usage(black).queries()).isEqualTo(3);
    assertThat(black).isNotInstanceOf(TextClassifier.Gray.class);
  }

  @Test
  void wrongInputsAreNamed() {
    assertThatThrownBy(() -> classifier.tokens(List.of())).hasMessageContaining("texts");
    assertThatThrownBy(() -> classifier.tokens(List.of("a", "a ".repeat(63))))
        .hasMessageContaining("text 1 has 65 tokens")
        .hasMessageContaining("64");
    assertThatThrownBy(() -> LanguageModels.textClassifier(Fixtures.path("gpt2")))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("GPT2LMHeadModel");
    assertThatThrownBy(() -> LanguageModels.causalLm(Fixtures.path("bert")))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("BertForSequenceClassification");
  }

  @Test
  void realSentenceEncoderGivesTheReferencesVectors() throws IOException {
    Path folder =
        Path.of(System.getProperty("safety4j.models", "../shared/models"))
            .resolve("all-minilm-l6-v2");
    Assumptions.assumeTrue(Files.isDirectory(folder), () -> folder + " is not there");
    String[] sentences =
        new ObjectMapper()
            .convertValue(
                new ObjectMapper()
                    .readTree(folder.resolve("reference.json").toFile())
                    .get("sentences"),
                String[].class);
    try (TextEncoder.White minilm = LanguageModels.textEncoder(folder);
        SafetensorsFile reference = SafetensorsFile.open(folder.resolve("reference.safetensors"));
        Scope scope = Scope.open()) {
      TextBatch batch = minilm.tokens(Arrays.asList(sentences));
      assertThat(batch.ids()).isEqualTo(reference.read("ids", manager));
      assertThat(batch.mask()).isEqualTo(reference.read("attention_mask", manager));
      NDArray vectors = minilm.embed(Arrays.asList(sentences));
      assertThat(distance(vectors, reference.read("embeddings", manager))).isLessThan(1e-4);
      float near = vectors.get(0).mul(vectors.get(1)).sum().getFloat();
      float far = vectors.get(0).mul(vectors.get(2)).sum().getFloat();
      assertThat(near).isGreaterThan(far + 0.3f);
      assertThat(minilm.card().parameters()).isBetween(22_000_000L, 23_000_000L);
    }
  }
}
