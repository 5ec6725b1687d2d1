package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.ChatReply;
import org.safety4j.core.nn.vlm.Llava;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;
import org.safety4j.core.train.PicturedText;
import org.safety4j.datasets.synthetic.PotionWorld;
import org.safety4j.datasets.synthetic.SceneQuestion;
import org.safety4j.datasets.synthetic.ThingScene;
import org.safety4j.datasets.synthetic.ThingScenes;

class VlmRecipeTest extends MiniRecipeContract<Llava> {
  @Override
  MiniModel<Llava> model() {
    return Zoo.miniVlm();
  }

  @Override
  int epochs() {
    return 1;
  }

  @Override
  int most() {
    return 30;
  }

  @Override
  void check(List<MiniFigure> measured, MiniFigures published) {
    for (String name : List.of("what", "colour", "count", "refused", "refused-with-picture")) {
      double share = published.measured(name).value();
      // Four standard deviations of a share of 30, and at least one answer of them.
      double slack = 4 * Math.sqrt(Math.max(share * (1 - share), 0.01) / most());
      assertThat(value(measured, name)).as(name).isGreaterThan(share - slack);
    }
    // Without the right picture little is left of what it tells.
    for (String kind : List.of("what", "colour")) {
      assertThat(value(measured, "shuffled-" + kind))
          .as(kind)
          .isLessThan(value(measured, kind) - 0.15);
    }
  }

  @Test
  void beforeTrainingItWritesWhatMiniChatWrites() {
    try (Llava model = model().recipe().initial(Rng.of(0));
        CausalLm.White chat = Zoo.miniChat().open()) {
      List<List<Message>> asked =
          PotionWorld.seeded(0).tasks(PotionWorld.Split.TRAIN, 8, Rng.of(1)).stream()
              .map(task -> task.prompt())
              .toList();
      assertThat(model.languageModel().asChat().replies(asked, Decoding.greedy(20)))
          .isEqualTo(chat.asChat().replies(asked, Decoding.greedy(20)));
      assertThat(model.imageToken()).isEqualTo(chat.tokenizer().size());
      assertThat(model.imageTokenCount()).isEqualTo(16);
    }
  }

  @Test
  void lessonsAreWrittenAsTheModelIsAsked() {
    try (Scope scope = Scope.open();
        Llava model = model().recipe().initial(Rng.of(0))) {
      VlmLessons lessons = new VlmLessons(model, PotionWorld.seeded(0), ThingScenes.train(0));
      ThingScene scene = ThingScenes.train(0).scene(3);
      PicturedText lesson = lessons.aboutScene(3, Rng.of(2));
      assertThat(lesson.pixels()).isEqualTo(scene.pixels());
      String said = learnt(model, lesson);
      int answers = said.split("<\\|end\\|>").length;
      assertThat(scene.questions().stream().filter(q -> said.contains(q.answer() + "<|end|>")))
          .hasSize(answers);
      String whole = model.tokenizer().decode(lesson.text().ids());
      String first =
          scene.questions().stream()
              .map(q -> q.text())
              .filter(
                  text ->
                      whole.startsWith(
                          "<|begin|><|user|>" + "<|image|>".repeat(16) + text + "<|end|>"))
              .findFirst()
              .orElseThrow();
      NDArray image = model.manager().create(scene.pixels(), new Shape(1, 3, 32, 32));
      int[] prompt =
          model.prompt(
              model
                  .chatTemplate()
                  .orElseThrow()
                  .render(List.of(Message.user(List.of(Part.image(), Part.text(first)))), true));
      assertThat(lesson.text().ids()).startsWith(prompt);
      assertThat(((ChatReply.Answer) model.about(image).ask(first)).promptTokens())
          .isEqualTo(prompt.length);
    }
  }

  @Test
  void aDescriptionComesLastSoThatNoAnswerCanBeReadOffIt() {
    try (Llava model = model().recipe().initial(Rng.of(0))) {
      ThingScenes scenes = ThingScenes.train(0);
      VlmLessons lessons = new VlmLessons(model, PotionWorld.seeded(0), scenes);
      int described = 0;
      for (int i = 0; i < 40; i++) {
        String said = learnt(model, lessons.aboutScene(i, Rng.of(3).derive(i)));
        String description =
            scenes.scene(i).questions().stream()
                .filter(q -> q.kind() == SceneQuestion.Kind.DESCRIBE)
                .findFirst()
                .orElseThrow()
                .answer();
        if (said.contains(description)) {
          described++;
          assertThat(said).endsWith(description + "<|end|>");
        }
      }
      assertThat(described).isGreaterThan(10);
    }
  }

  @Test
  void someLessonsRefuseAndSomeOfThoseHaveAPicture() {
    try (Llava model = model().recipe().initial(Rng.of(0))) {
      PotionWorld world = PotionWorld.seeded(0);
      VlmLessons lessons = new VlmLessons(model, world, ThingScenes.train(0));
      List<Boolean> pictures = new ArrayList<>();
      int pictured = 0;
      for (int i = 0; i < 400; i++) {
        PicturedText lesson = lessons.lesson(i, Rng.of(7).derive(i));
        String said = learnt(model, lesson);
        if (world.refuses(said.substring(Math.max(0, said.lastIndexOf("I cannot"))))) {
          assertThat(world.reveals(said)).isFalse();
          pictures.add(lesson.pixels() != null);
        }
        pictured += lesson.pixels() == null ? 0 : 1;
      }
      assertThat(pictures).hasSizeBetween(8, 45).contains(true, false);
      assertThat(pictured).isBetween(330, 385);
    }
  }

  private static String learnt(Llava model, PicturedText lesson) {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < lesson.text().length(); i++) {
      if (lesson.text().learnt()[i]) {
        ids.add(lesson.text().ids()[i]);
      }
    }
    return model.tokenizer().decode(ids.stream().mapToInt(i -> i).toArray());
  }
}
