package org.safety4j.examples;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.VisionLanguageModel;
import org.safety4j.core.nn.vlm.Llava;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.datasets.synthetic.SceneQuestion;
import org.safety4j.datasets.synthetic.ThingScene;
import org.safety4j.datasets.synthetic.ThingScenes;
import org.safety4j.datasets.zoo.MiniModel;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.examples.pictures.PictureFile;

/**
 * Asks a vision-language model about a picture and writes the answer as it comes; without a model
 * or a picture it asks the bundled {@code mini-vlm}, about a scene that it has not seen.
 */
public final class AskAboutImage {
  private static final String USAGE =
      """
      AskAboutImage [MODEL] [PICTURE] [QUESTION] [OPTIONS]: asks about a picture.

        MODEL            a Hugging Face folder of LLaVA; with fewer than three arguments the bundled
                         mini-vlm, which knows 32 things, colours and small numbers
        PICTURE          a PNG or JPEG file; without one a scene that mini-vlm has not seen
        QUESTION         the question; without one those that are asked about the scene
        --scene N        which scene, a number from 0 (0)
        --tokens N       most tokens of the answer (128)
        --template FILE  a chat template (Jinja), for a model that came without one

      What there is to see in a scene is written in the first line, the right answers behind those of
      the model.
      """;

  private static final String TEMPLATE = "--template";
  private static final String TOKENS = "--tokens";
  private static final String SCENE = "--scene";

  private AskAboutImage() {}

  /**
   * Runs the example; ends the process with 2 if the arguments or what they name are wrong.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    int code = run(args, Terminal.output(), System.err);
    if (code != 0) {
      System.exit(code);
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    return Arguments.run(
        USAGE,
        List.of("[MODEL]", "[PICTURE]", "[QUESTION]"),
        Set.of(TOKENS, TEMPLATE, SCENE),
        args,
        out,
        err,
        arguments -> {
          Decoding decoding = Decoding.greedy((int) arguments.integer(TOKENS, 128, 1, 1_000_000));
          if (arguments.has(1)) {
            picture(arguments, decoding, out);
          } else {
            scene(arguments, decoding, out);
          }
        });
  }

  private static void picture(Arguments arguments, Decoding decoding, PrintStream out)
      throws Arguments.Wrong, IOException {
    boolean own = arguments.has(2);
    BufferedImage picture = PictureFile.read(arguments.path(own ? 1 : 0));
    String question = arguments.text(own ? 2 : 1);
    MiniModel<Llava> bundled = Zoo.miniVlm();
    Path folder = own ? arguments.path(0) : null;
    try (VisionLanguageModel.White model =
            own ? Models.visionLanguageModel(folder) : bundled.open();
        NDArray image =
            (own ? ModelFiles.in(folder) : ModelFiles.beside(Zoo.class, bundled.id()))
                .preprocessor()
                .prepare(picture, model.manager())) {
      answer(chat(model, image, arguments), question, decoding, out);
      out.println();
    }
  }

  private static void scene(Arguments arguments, Decoding decoding, PrintStream out)
      throws Arguments.Wrong {
    ThingScene scene =
        ThingScenes.heldOut(0).scene(arguments.integer(SCENE, 0, 0, Integer.MAX_VALUE));
    try (VisionLanguageModel.White model = Zoo.miniVlm().open();
        NDArray image =
            model.manager().create(scene.pixels(), new Shape(1, 3, scene.side(), scene.side()))) {
      Chat chat = chat(model, image, arguments);
      out.println(String.join(", ", scene.names()) + " on " + scene.backdrop().words());
      if (arguments.has(0)) {
        answer(chat, arguments.text(0), decoding, out);
        out.println();
        return;
      }
      for (SceneQuestion question : scene.questions()) {
        out.print(question.text() + " ");
        answer(chat, question.text(), decoding, out);
        out.println(" (" + question.answer() + ")");
      }
    }
  }

  private static Chat chat(VisionLanguageModel.White model, NDArray image, Arguments arguments)
      throws Arguments.Wrong {
    return arguments.has(TEMPLATE) ? model.about(image, template(arguments)) : model.about(image);
  }

  private static void answer(Chat chat, String question, Decoding decoding, PrintStream out) {
    chat.stream(
        List.of(Message.user(question)), decoding, piece -> out.print(Terminal.harmless(piece)));
  }

  private static ChatTemplate template(Arguments arguments) throws Arguments.Wrong {
    Path file = arguments.path(TEMPLATE, "");
    try {
      return ChatTemplate.of(Files.readString(file), "", "");
    } catch (IOException e) {
      throw new Arguments.Wrong(TEMPLATE + " " + file + ": cannot be read");
    }
  }
}
