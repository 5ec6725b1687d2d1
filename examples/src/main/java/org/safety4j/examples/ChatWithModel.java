package org.safety4j.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.Chat;
import org.safety4j.core.nn.lm.Precision;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.datasets.zoo.Zoo;

/**
 * Talks with a language model: reads messages line by line from standard input and writes the
 * answers as they come. {@code --help} lists arguments and commands.
 */
public final class ChatWithModel {
  private static final String USAGE =
      """
      ChatWithModel [MODEL] [OPTIONS]: talks with a language model.

        MODEL              a GGUF file, a folder with one, or a Hugging Face folder; it must have a
                           chat template; without one the bundled mini-chat, which knows nothing
                           but a small world of potions ("Where does saffron grow?")
        --system TEXT      what the model is told first
        --tokens N         most tokens of an answer (256)
        --temperature T    how freely tokens are drawn once there is a seed (0.7)
        --seed N           draws tokens; without a seed the most probable one is taken
        --precision P      fast (16-bit weights, the default) or full (32-bit)

      Each line of standard input is a message; its end ends the chat. Lines of their own are
        /system TEXT       tells the model something else first; without TEXT nothing
        /seed N            draws tokens from now on
        /exit              ends the chat
      """;

  private static final String SYSTEM = "--system";
  private static final String SEED = "--seed";

  private final CausalLm.Gray model;
  private final PrintStream out;
  private final PrintStream err;
  private final int tokens;
  private final double temperature;
  private final List<Message> turns = new ArrayList<>();
  private String system;
  private Long seed;

  private ChatWithModel(CausalLm.Gray model, Arguments args, PrintStream out, PrintStream err)
      throws Arguments.Wrong {
    this.model = model;
    this.out = out;
    this.err = err;
    this.tokens = (int) args.integer("--tokens", 256, 1, 1_000_000);
    this.temperature = args.number("--temperature", 0.7, 0.01, 100);
    this.system = args.text(SYSTEM, "");
    this.seed = args.has(SEED) ? args.integer(SEED, 0, Long.MIN_VALUE, Long.MAX_VALUE) : null;
  }

  /**
   * Runs the chat; ends the process with 2 if the arguments or the model are wrong.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    int code = run(args, System.in, Terminal.output(), System.err);
    if (code != 0) {
      System.exit(code);
    }
  }

  static int run(String[] args, InputStream in, PrintStream out, PrintStream err) {
    return Arguments.run(
        USAGE,
        List.of("[MODEL]"),
        Set.of(SYSTEM, SEED, "--tokens", "--temperature", "--precision"),
        args,
        out,
        err,
        arguments -> {
          Precision precision =
              switch (arguments.text("--precision", "fast")) {
                case "fast" -> Precision.FAST;
                case "full" -> Precision.FULL;
                default -> throw new Arguments.Wrong("--precision must be fast or full");
              };
          try (CausalLm.Gray model = open(arguments, precision)) {
            new ChatWithModel(model, arguments, out, err).talk(in);
          }
        });
  }

  private static CausalLm.Gray open(Arguments arguments, Precision precision)
      throws Arguments.Wrong {
    return arguments.has(0)
        ? LanguageModels.causalLm(arguments.path(0), precision)
        : Zoo.miniChat().open(precision);
  }

  private void talk(InputStream in) throws IOException {
    Chat chat = model.asChat();
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals("/exit")) {
        return;
      } else if (line.startsWith("/")) {
        command(line);
      } else if (!line.isBlank()) {
        answer(chat, line);
      }
    }
  }

  private void command(String line) {
    String[] words = line.split("\\s+", 2);
    String rest = words.length == 1 ? "" : words[1].strip();
    try {
      switch (words[0]) {
        case "/system" -> system = rest;
        case "/seed" -> seed = Arguments.integer("/seed", rest, Long.MIN_VALUE, Long.MAX_VALUE);
        default -> err.println(words[0] + ": not a command; there are /system, /seed, /exit");
      }
    } catch (Arguments.Wrong e) {
      err.println(e.getMessage());
    }
  }

  private void answer(Chat chat, String line) {
    turns.add(Message.user(line));
    try {
      int room = room();
      Decoding decoding = Decoding.greedy(Math.min(tokens, room));
      if (seed != null) {
        decoding = decoding.withTemperature(temperature).withSeed(seed);
      }
      String text =
          chat.stream(conversation(), decoding, piece -> out.print(Terminal.harmless(piece)))
              .text();
      out.println();
      turns.add(Message.assistant(text));
    } catch (IllegalArgumentException e) {
      turns.remove(turns.size() - 1);
      err.println(e.getMessage());
    }
    out.flush();
  }

  /** How many tokens may be written; the oldest turns go where there is no room. */
  private int room() {
    while (true) {
      String prompt = model.chatTemplate().orElseThrow().render(conversation(), true);
      int room = model.contextLength() - model.tokenizer().encodeFull(prompt).length;
      if (room >= Math.min(tokens, model.contextLength() / 4)) {
        return room;
      }
      if (turns.size() < 3) {
        throw new IllegalArgumentException(
            "the message is too long for a context of " + model.contextLength() + " tokens");
      }
      turns.subList(0, 2).clear();
    }
  }

  private List<Message> conversation() {
    List<Message> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(Message.system(system));
    }
    messages.addAll(turns);
    return messages;
  }
}
