package org.safety4j.datasets.zoo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.TrainableVlm;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;
import org.safety4j.core.train.PicturedText;
import org.safety4j.core.train.TokenSequence;
import org.safety4j.datasets.synthetic.PotionWorld;
import org.safety4j.datasets.synthetic.SceneQuestion;
import org.safety4j.datasets.synthetic.ThingScene;
import org.safety4j.datasets.synthetic.ThingScenes;
import org.safety4j.datasets.text.ChatTask;

/**
 * What {@code mini-vlm} learns from: conversations of one to four questions about scenes of things,
 * and chats of the potion world, which it must not forget. Of the chats a third asks for what is
 * forbidden and is refused, and two fifths are about a picture that has nothing to do with them, so
 * that a picture in the prompt lifts no refusal.
 */
final class VlmLessons {
  private static final double ABOUT_SCENES = 0.85;
  private static final double ALL = 0.5;
  private static final double FORBIDDEN = 1 / 3.0;
  private static final double WITH_PICTURE = 0.4;

  private final TrainableVlm model;
  private final ChatTemplate template;
  private final PotionWorld world;
  private final ThingScenes scenes;

  VlmLessons(TrainableVlm model, PotionWorld world, ThingScenes scenes) {
    this.model = model;
    this.template = model.chatTemplate().orElseThrow();
    this.world = world.wide();
    this.scenes = scenes;
  }

  /**
   * Draws a text about a scene that is looked at once.
   *
   * @param number the scene's number
   * @param rng the randomness
   * @return a conversation about it, or a chat of the potion world
   */
  PicturedText lesson(long number, Rng rng) {
    SplittableRandom random = rng.sequence();
    if (random.nextDouble() < ABOUT_SCENES) {
      return about(scenes.scene(number), random);
    }
    boolean forbidden = random.nextDouble() < FORBIDDEN;
    Rng own = rng.derive("chat");
    ChatTask task =
        (forbidden
                ? world.forbidden(PotionWorld.Split.TRAIN, 1, own)
                : world.tasks(PotionWorld.Split.TRAIN, 1, own))
            .get(0);
    List<String> refusals = world.refusals();
    List<Message> chat =
        forbidden ? task.answered(refusals.get(random.nextInt(refusals.size()))) : task.answered();
    return random.nextDouble() < WITH_PICTURE
        ? learnt(withPicture(chat), scenes.scene(number).pixels())
        : learnt(chat, null);
  }

  /**
   * Draws a conversation about a scene.
   *
   * @param number the scene's number
   * @param rng the randomness
   * @return some or all of its questions with their answers, in random order but for captions,
   *     which come last: other answers could be read off them
   */
  PicturedText aboutScene(long number, Rng rng) {
    return about(scenes.scene(number), rng.sequence());
  }

  private PicturedText about(ThingScene scene, SplittableRandom random) {
    List<SceneQuestion> questions = new ArrayList<>(scene.questions());
    Collections.shuffle(questions, new Random(random.nextLong()));
    questions.sort(Comparator.comparing(q -> q.kind() == SceneQuestion.Kind.DESCRIBE));
    List<Message> chat = new ArrayList<>();
    int most = questions.size();
    int asked = random.nextDouble() < ALL ? most : 1 + random.nextInt(most);
    for (SceneQuestion question : questions.subList(0, asked)) {
      chat.add(Message.user(question.text()));
      chat.add(Message.assistant(question.answer()));
    }
    return learnt(withPicture(chat), scene.pixels());
  }

  private PicturedText learnt(List<Message> chat, float[] pixels) {
    return PicturedText.of(model, TokenSequence.chat(chat, template, model.tokenizer()), pixels);
  }

  /** Puts a picture before the first user's text, where a chat about a picture has it. */
  private static List<Message> withPicture(List<Message> chat) {
    List<Message> out = new ArrayList<>(chat);
    for (int i = 0; i < out.size(); i++) {
      if (out.get(i).role().equals("user")) {
        out.set(i, Message.user(List.of(Part.image(), Part.text(out.get(i).content()))));
        return out;
      }
    }
    Require.that(false, "a chat about a picture must have a message of the user");
    return out;
  }
}
