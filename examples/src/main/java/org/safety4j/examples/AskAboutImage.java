package org.safety4j.examples;

import ai.djl.ndarray.NDArray;
import java.awt.image.BufferedImage;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.VisionLanguageModel;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.examples.pictures.PictureFile;

/** Asks a vision-language model about a picture and writes the answer as it comes. */
public final class AskAboutImage {
  private static final String USAGE =
      """
      AskAboutImage MODEL PICTURE QUESTION [OPTIONS]: asks about a picture.

        MODEL            a Hugging Face folder of LLaVA
        PICTURE          a PNG or JPEG file
        QUESTION         the question
        --tokens N       most tokens of the answer (128)
        --template FILE  a chat template (Jinja), for a model that came without one
      """;

  private static final String TEMPLATE = "--template";
  private static final String TOKENS = "--tokens";

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
        List.of("MODEL, a folder of LLaVA,", "PICTURE", "QUESTION"),
        Set.of(TOKENS, TEMPLATE),
        args,
        out,
        err,
        arguments -> {
          int tokens = (int) arguments.integer(TOKENS, 128, 1, 1_000_000);
          BufferedImage picture = PictureFile.read(arguments.path(1));
          Path folder = arguments.path(0);
          try (VisionLanguageModel.White model = Models.visionLanguageModel(folder);
              NDArray image = Models.preprocessor(folder).prepare(picture, model.manager())) {
            Chat chat =
                arguments.has(TEMPLATE)
                    ? model.about(image, template(arguments))
                    : model.about(image);
            List<Message> question = List.of(Message.user(arguments.text(2)));
            chat.stream(
                question, Decoding.greedy(tokens), piece -> out.print(Terminal.harmless(piece)));
            out.println();
          }
        });
  }

  private static ChatTemplate template(Arguments arguments) throws Arguments.Wrong {
    Path file = arguments.path(TEMPLATE, "");
    try {
      return ChatTemplate.of(Files.readString(file), "", "");
    } catch (java.io.IOException e) {
      throw new Arguments.Wrong(TEMPLATE + " " + file + ": cannot be read");
    }
  }
}
