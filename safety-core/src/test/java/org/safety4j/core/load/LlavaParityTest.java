package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.ChatReply;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.VisionLanguageModel;
import org.safety4j.core.nn.Parity;
import org.safety4j.core.nn.vlm.Llava;
import org.safety4j.core.run.Budget;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;

class LlavaParityTest {
  private static final ChatTemplate TEMPLATE =
      ChatTemplate.of(
          "{% for m in messages %}{{ m.role }}:{% for p in m.content %}"
              + "{% if p.type == 'image' %}<image>{% else %}{{ p.text }}{% endif %}"
              + "{% endfor %} {% endfor %}assistant:",
          "<s>", "</s>");
  private static Llava llava;

  @BeforeAll
  static void open() {
    llava = Models.open(Parity.folder("llava"), Llava.class);
  }

  @AfterAll
  static void close() {
    llava.close();
  }

  @Test
  void logitsAreThoseOfTheReference() {
    try (Parity parity = Parity.of("llava")) {
      parity.check(
          in ->
              Map.of(
                  "logits",
                  llava.logitsRecorded(in.get("images"), in.get("ids"), LmContext.whole())));
    }
  }

  private static NDArray images(int n) {
    return Rng.of(3).uniform(llava.manager(), new Shape(n).addAll(llava.inputShape()), 0, 1);
  }

  @Test
  void anImageMarkerBecomesAllOfAnImagesTokens() {
    int[] ids = llava.prompt("a<image>b");
    assertThat(Arrays.stream(ids).filter(id -> id == llava.imageToken()).count())
        .isEqualTo(llava.imageTokenCount())
        .isEqualTo(9);
  }

  @Test
  void writesWhatItsLogitsSay() {
    try (Scope scope = Scope.open()) {
      NDArray x = images(1);
      int[] prompt = llava.prompt("tell me <image> about the potion");
      Completion written = llava.generate(x, prompt, Decoding.greedy(5));
      List<Integer> row = new ArrayList<>(Arrays.stream(prompt).boxed().toList());
      for (int id : written.ids()) {
        long[] ids = row.stream().mapToLong(i -> i).toArray();
        NDArray logits =
            llava.logits(
                x,
                llava.manager().create(ids, new Shape(1, ids.length)),
                LmContext.whole().withLast(1));
        assertThat((int) logits.argMax(2).toLongArray()[0]).isEqualTo(id);
        row.add(id);
      }
      assertThat(written.promptTokens()).isEqualTo(prompt.length);
    }
  }

  @Test
  void logProbabilitiesAreThoseOfTheLogits() {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray x = images(1);
      int[] row = llava.prompt("<image> the door");
      long[] wide = Arrays.stream(row).asLongStream().toArray();
      NDArray logits =
          llava.logits(
              x, llava.manager().create(wide, new Shape(1, wide.length)), LmContext.whole());
      double[] scores = llava.logProbabilities(x, row);
      assertThat(scores).hasSize(row.length - 1);
      int last = row.length - 2;
      float expected = Ops.logSoftmax(logits).get(0).get(last).getFloat(row[last + 1]);
      assertThat(scores[last]).isCloseTo(expected, org.assertj.core.api.Assertions.within(1e-4));
    }
  }

  @Test
  void gradientForImagesIsThatOfFiniteDifferences() {
    try (Scope scope = Scope.open()) {
      NDArray x = images(1);
      int[] row = llava.prompt("<image> the door");
      long[] wide = Arrays.stream(row).asLongStream().toArray();
      NDArray ids = llava.manager().create(wide, new Shape(1, wide.length));
      java.util.function.UnaryOperator<NDArray> loss =
          logits -> Ops.logSoftmax(logits).get(":, -1, 7");
      ValueAndGradient at = llava.gradient(x, ids, LmContext.whole(), loss);
      NDArray d = Rng.of(5).normal(llava.manager(), x.getShape());
      double h = 1e-2;
      float up = loss.apply(llava.logits(x.add(d.mul(h)), ids, LmContext.whole())).getFloat(0);
      float down = loss.apply(llava.logits(x.sub(d.mul(h)), ids, LmContext.whole())).getFloat(0);
      assertThat((double) at.gradient().mul(d).sum().getFloat())
          .isCloseTo((up - down) / (2 * h), org.assertj.core.data.Percentage.withPercentage(3));
    }
  }

  @Test
  void chatsAboutImagesWhereverTheyStand() {
    try (Scope scope = Scope.open()) {
      Chat chat = llava.about(images(2), TEMPLATE);
      StringBuilder told = new StringBuilder();
      ChatReply reply =
          chat.stream(
              List.of(
                  Message.user(List.of(Part.image(), Part.text("and"), Part.image())),
                  Message.assistant("yes"),
                  Message.user("the fox?")),
              Decoding.greedy(4),
              told::append);
      assertThat(reply.text()).isEqualTo(told.toString());
      assertThat(((ChatReply.Answer) reply).promptTokens()).isGreaterThan(18);
      ChatReply plain =
          chat.replies(List.of(List.of(Message.user("hm"))), Decoding.greedy(3)).get(0);
      ChatReply same =
          chat.replies(
                  List.of(
                      List.of(Message.user(List.of(Part.image(), Part.image(), Part.text("hm"))))),
                  Decoding.greedy(3))
              .get(0);
      assertThat(plain).isEqualTo(same);
      assertThatThrownBy(() -> chat.reply(List.of(Message.user(List.of(Part.image())))))
          .hasMessageContaining("places for 1 images, there are 2");
      assertThatThrownBy(() -> llava.about(images(1)))
          .isInstanceOf(UnsupportedModel.class)
          .hasMessageContaining("came without a chat template");
    }
  }

  @Test
  void readsTheTemplateThatProcessorsHave(@TempDir Path folder) throws IOException {
    try (Stream<Path> files = Files.list(Fixtures.path("llava"))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        folder.resolve("chat_template.json"),
        "{\"chat_template\": \"{% for m in messages %}{% for p in m.content %}"
            + "{{ '<image>' if p.type == 'image' else p.text }}{% endfor %}{% endfor %}!\"}");
    try (Llava model = Models.open(folder, Llava.class);
        NDArray x = images(1)) {
      ChatReply.Answer reply =
          (ChatReply.Answer)
              model
                  .about(x)
                  .replies(List.of(List.of(Message.user("the fox"))), Decoding.greedy(1))
                  .get(0);
      assertThat(reply.promptTokens()).isEqualTo(model.prompt("<image>the fox!").length);
    }
  }

  @Test
  void unsupportedPartsAreNamed(@TempDir Path folder) throws IOException {
    try (Stream<Path> files = Files.list(Fixtures.path("llava"))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("\"clip_vision_model\"", "\"siglip_vision_model\""));
    assertThatThrownBy(() -> Models.open(folder, Llava.class))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("siglip_vision_model");
    Files.writeString(
        config, text.replace("\"vision_feature_layer\": -2", "\"vision_feature_layer\": -9"));
    assertThatThrownBy(() -> Models.open(folder, Llava.class))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("vision_feature_layer");
    Files.writeString(
        config, text.replaceFirst("\"intermediate_size\": 48", "\"intermediate_size\": 50"));
    assertThatThrownBy(() -> Models.open(folder, Llava.class))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("mlp.gate_proj.weight")
        .hasMessageContaining("50");
  }

  @Test
  void promptAndImagesMustFit() {
    try (Scope scope = Scope.open()) {
      NDArray x = images(2);
      int[] one = llava.prompt("<image> x");
      assertThatThrownBy(() -> llava.generate(x, one, Decoding.greedy(1)))
          .hasMessageContaining("18 times for 2 images, did so 9 times");
      assertThatThrownBy(() -> llava.generate(null, one, Decoding.greedy(1)))
          .hasMessageContaining("there are none");
      assertThatThrownBy(() -> llava.generate(x, llava.prompt("x<image>"), Decoding.greedy(1)))
          .hasMessageContaining("must not end with an image");
      assertThat(llava.generate(null, llava.prompt("the fox"), Decoding.greedy(2)).ids())
          .isEqualTo(
              llava
                  .languageModel()
                  .generate(List.of(llava.prompt("the fox")), Decoding.greedy(2))
                  .get(0)
                  .ids());
    }
  }

  @Test
  void restrictedModelCountsTokens() {
    VisionLanguageModel.Black black =
        Access.restrict(llava, VisionLanguageModel.Black.class, Budget.unlimited());
    int[] prompt = llava.prompt("<image> the fox");
    try (Scope scope = Scope.open()) {
      Completion written = black.generate(images(1), prompt, Decoding.greedy(3));
      assertThat(Access.usage(black).tokens()).isEqualTo(prompt.length + written.ids().length);
      assertThat(Access.usage(black).queries()).isEqualTo(1);
    }
  }

  @Test
  void writingLeaksNothing() {
    try (Scope scope = Scope.open()) {
      NDArray x = images(1);
      int[] prompt = llava.prompt("<image> the fox");
      llava.generate(x, prompt, Decoding.greedy(2));
      int before = count();
      for (int i = 0; i < 5; i++) {
        llava.generate(x, prompt, Decoding.greedy(2));
      }
      assertThat(count()).isEqualTo(before);
    }
  }

  private static int count() {
    return llava.manager().getManagedArrays().size()
        + llava.languageModel().manager().getManagedArrays().size();
  }
}
