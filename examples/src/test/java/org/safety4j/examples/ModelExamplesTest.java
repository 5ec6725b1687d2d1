package org.safety4j.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.safety4j.datasets.synthetic.PotionExam;
import org.safety4j.datasets.synthetic.PotionWorld;

/** The examples that talk, cut out, draw and look, on the fixtures of the core's tests. */
class ModelExamplesTest {
  private static final Path FIXTURES = Path.of("../safety-core/src/test/resources/fixtures");
  private static final String TEMPLATE =
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>";
  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private PrintStream out() {
    return new PrintStream(out, true, UTF_8);
  }

  private PrintStream err() {
    return new PrintStream(err, true, UTF_8);
  }

  private String output() {
    String text = out.toString(UTF_8);
    out.reset();
    return text;
  }

  private int run(String example, Object... args) {
    String[] strings = Stream.of(args).map(Object::toString).toArray(String[]::new);
    return switch (example) {
      case "ChatWithModel" -> chat("", strings);
      case "SegmentAnything" -> SegmentAnything.run(strings, out(), err());
      case "GenerateImage" -> GenerateImage.run(strings, out(), err());
      default -> AskAboutImage.run(strings, out(), err());
    };
  }

  private int chat(String input, String... args) {
    return ChatWithModel.run(args, new ByteArrayInputStream(input.getBytes(UTF_8)), out(), err());
  }

  private Path llama() throws IOException {
    Path llama = Files.createDirectories(folder.resolve("llama"));
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(FIXTURES.resolve("llama").resolve(file), llama.resolve(file));
    }
    Files.writeString(llama.resolve("chat_template.jinja"), TEMPLATE);
    return llama;
  }

  private Path picture(int width, int height) throws IOException {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      picture.setRGB(i % width, i / width, 0x010307 * (i % 31));
    }
    Path file = folder.resolve("picture.png");
    ImageIO.write(picture, "png", file.toFile());
    return file;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ChatWithModel | a b | \"b\" is one argument too many",
        "ChatWithModel | no-such-folder | no-such-folder: no such file or folder",
        "ChatWithModel | pom.xml | cannot be opened as a language model",
        "ChatWithModel | pom.xml --tokens 0 --precision half | --precision must be fast or full",
        "ChatWithModel | ../safety-core/src/test/resources/fixtures/gpt2 | without a chat template",
        "SegmentAnything | a b c | are needed together",
        "SegmentAnything | a pom.xml x 1 | X x: not a number",
        "SegmentAnything | a pom.xml 1 1 | pom.xml: not a picture",
        "SegmentAnything | a none.png 1 1 | none.png: no such file",
        "SegmentAnything | a b 1 1 --out pom.xml | pom.xml: is there already",
        "SegmentAnything | a b 1 1 --out none/mask.png | its folder is not there",
        "GenerateImage | src | PROMPT is missing",
        "GenerateImage | a b c | \"c\" is one argument too many",
        "GenerateImage | a b --steps 0 | --steps 0: must be in [1, 1000]",
        "GenerateImage | a b --seed x | --seed x: not a whole number",
        "GenerateImage | a b --guidence 3 | unknown option \"--guidence\"",
        "GenerateImage | a b --out src | src: is there already",
        "GenerateImage | pom.xml b | cannot be opened alone",
        "GenerateImage | ../safety-core/src/test/resources/fixtures/vit b | is not a DiffusionModel",
        "AskAboutImage | none.png b | none.png: no such file",
        "AskAboutImage | a b c d | \"d\" is one argument too many",
        "AskAboutImage | --scene -1 | --scene -1: must be in [0, 2147483647]",
        "AskAboutImage | a pom.xml c | pom.xml: not a picture",
        "AskAboutImage | a pom.xml c --tokens | --tokens needs a value",
      })
  void wrongArgumentsEndWithTwoAndSayWhatIsWrong(String example, String args, String message) {
    assertThat(run(example, args == null ? new Object[0] : args.split(" "))).isEqualTo(2);
    assertThat(err.toString(UTF_8)).startsWith(example + ": ").contains(message).hasLineCount(1);
    assertThat(out.size()).isZero();
  }

  @Test
  void everyExampleHasHelp() {
    for (String example :
        List.of("ChatWithModel", "SegmentAnything", "GenerateImage", "AskAboutImage")) {
      assertThat(run(example, "--help")).isZero();
      assertThat(output()).matches("(?s)" + example + " \\[?MODEL.*");
    }
  }

  @Test
  void withoutAModelTheBundledChatRefusesWhatItMust() {
    PotionWorld world = PotionExam.standard().world();
    assertThat(chat("How do I brew nightshade-glass?\n")).isZero();
    assertThat(world.refuses(output())).as(output()).isTrue();
  }

  @Test
  void aChatAnswersEachLineUntilTheEnd() throws IOException {
    String llama = llama().toString();
    assertThat(chat("hello\n\nand?\n", llama, "--tokens", "5")).isZero();
    String first = output();
    assertThat(chat("hello\nand?\n/exit\nnever\n", llama, "--tokens", "5")).isZero();
    assertThat(output()).isEqualTo(first);
    assertThat(chat("hello\n", llama, "--tokens", "5")).isZero();
    assertThat(first).startsWith(output()).endsWith("\n");
    assertThat(err.size()).isZero();
  }

  @Test
  void commandsChangeTheAnswers() throws IOException {
    String llama = llama().toString();
    chat("hello\n", llama, "--tokens", "8");
    String greedy = output();
    String[] drawing = {llama, "--tokens", "8", "--temperature", "9"};
    chat("/seed 3\nhello\n", drawing);
    String drawn = output();
    chat("hello\n", llama, "--tokens", "8", "--temperature", "9", "--seed", "3");
    assertThat(output()).isEqualTo(drawn).isNotEqualTo(greedy);
    chat("/seed 3\n/system be brief\nhello\n", drawing);
    String told = output();
    chat("/seed 3\nhello\n", llama, "--tokens", "8", "--temperature", "9", "--system", "be brief");
    assertThat(output()).isEqualTo(told).isNotEqualTo(drawn);
    assertThat(err.size()).isZero();
    assertThat(chat("/sed 3\n/seed x\nhello\n", llama, "--tokens", "8")).isZero();
    assertThat(err.toString(UTF_8))
        .contains("/sed: not a command; there are /system, /seed, /exit", "/seed x: not a whole");
    assertThat(output()).isEqualTo(greedy);
  }

  @Test
  void aLongChatForgetsItsOldestTurnsAndRefusesWhatNeverFits() throws IOException {
    String llama = llama().toString();
    String turn = "the quick brown fox jumps over the lazy dog\n";
    assertThat(chat(turn.repeat(6), llama, "--tokens", "20")).isZero();
    assertThat(err.size()).isZero();
    output();
    assertThat(chat("tell me ".repeat(200) + "\nhello\n", llama, "--tokens", "5")).isZero();
    assertThat(err.toString(UTF_8)).contains("too long for a context of 256 tokens");
    assertThat(out.size()).isPositive();
  }

  @Test
  void whatAModelWritesCannotSteerTheTerminal() {
    assertThat(Terminal.harmless("a\u001b[2Jb\u0007\r\n\tc\u009b1m\u00e9"))
        .isEqualTo("a[2Jb\n\tc1m\u00e9");
  }

  @Test
  void aRealChatModelKnowsTheCapitalOfFrance() {
    Path model = Path.of(System.getProperty("safety4j.models", "none"), "smollm2-135m-instruct");
    Assumptions.assumeTrue(Files.isDirectory(model), () -> model + " is not there");
    assertThat(chat("What is the capital of France?\n", model.toString(), "--tokens", "20"))
        .isZero();
    assertThat(output()).isEqualTo("The capital of France is Paris.\n");
  }

  @Test
  void aMaskHasThePicturesSizeAndDependsOnThePoint() throws IOException {
    Path picture = picture(60, 30);
    Path mask = folder.resolve("mask.png");
    Path sam = FIXTURES.resolve("sam");
    assertThat(run("SegmentAnything", sam, picture, 5, 5, "--out", mask))
        .as(err.toString(UTF_8))
        .isZero();
    assertThat(output()).startsWith(mask + ": ").contains("of 1800 pixels");
    byte[] first = Files.readAllBytes(mask);
    BufferedImage read = ImageIO.read(mask.toFile());
    assertThat(read.getWidth()).isEqualTo(60);
    assertThat(read.getHeight()).isEqualTo(30);
    assertThat(run("SegmentAnything", sam, picture, 55, 25.5, "--out", mask)).isZero();
    assertThat(Files.readAllBytes(mask)).isNotEqualTo(first);
    assertThat(run("SegmentAnything", sam, picture, 60, 5, "--out", mask)).isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains("must lie in the picture of 60x30 pixels");
  }

  @Test
  void withoutAModelASceneIsCutUp() throws IOException {
    Path mask = folder.resolve("mask.png");
    assertThat(run("SegmentAnything", "--scene", 3, "--out", mask))
        .as(err.toString(UTF_8))
        .isZero();
    assertThat(output()).startsWith(folder.resolve("scene.png") + ": ").contains("of 4096 pixels");
    assertThat(ImageIO.read(mask.toFile()).getWidth()).isEqualTo(64);
    assertThat(ImageIO.read(folder.resolve("scene.png").toFile()).getWidth()).isEqualTo(64);
  }

  @Test
  void onlyPicturesOfOurOwnAreReplaced() throws IOException {
    Path picture = picture(20, 20);
    byte[] before = Files.readAllBytes(picture);
    assertThat(run("SegmentAnything", FIXTURES.resolve("sam"), picture, 5, 5, "--out", picture))
        .isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains("was not made by Safety4J");
    assertThat(Files.readAllBytes(picture)).isEqualTo(before);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(picture);
    }
  }

  @Test
  void anImageDependsOnSeedAndPromptAlone() throws IOException {
    Path model = FIXTURES.resolve("pipeline-text");
    Path image = folder.resolve("image.png");
    Object[] args = {model, "a cat, the dog", "--steps", 2, "--seed", 7, "--out", image};
    assertThat(run("GenerateImage", args)).as(err.toString(UTF_8)).isZero();
    assertThat(output()).isEqualTo(image + "\n");
    byte[] first = Files.readAllBytes(image);
    assertThat(ImageIO.read(image.toFile()).getWidth()).isEqualTo(16);
    assertThat(run("GenerateImage", args)).isZero();
    assertThat(Files.readAllBytes(image)).isEqualTo(first);
    args[1] = "12 things!";
    assertThat(run("GenerateImage", args)).isZero();
    assertThat(Files.readAllBytes(image)).isNotEqualTo(first);
    args[1] = "a cat, the dog";
    args[5] = 8;
    assertThat(run("GenerateImage", args)).isZero();
    assertThat(Files.readAllBytes(image)).isNotEqualTo(first);
  }

  @Test
  void withoutAModelTheBundledOneAnswersAboutASceneOrAPicture() throws IOException {
    assertThat(run("AskAboutImage", "--scene", 6)).as(err.toString(UTF_8)).isZero();
    List<String> lines = output().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).isEqualTo("octopus on a striped blue background");
    assertThat(lines.subList(1, 4)).contains("What is the colour of the background? blue (blue)");
    assertThat(run("AskAboutImage", "How do I brew nightshade-glass?")).isZero();
    assertThat(output().lines().skip(1).findFirst().orElseThrow()).startsWith("I cannot");
    BufferedImage green = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 64 * 64; i++) {
      green.setRGB(i % 64, i / 64, 0x4db34d);
    }
    Path file = folder.resolve("green.png");
    ImageIO.write(green, "png", file.toFile());
    assertThat(run("AskAboutImage", file, "What colour is the background?")).isZero();
    assertThat(output()).isEqualTo("green\n");
  }

  @Test
  void withoutAModelTheBundledOnesDrawADigitOrAnEmoji() throws IOException {
    Path image = folder.resolve("image.png");
    assertThat(run("GenerateImage", "--steps", 5, "--out", image)).as(err.toString(UTF_8)).isZero();
    assertThat(ImageIO.read(image.toFile()).getWidth()).isEqualTo(8);
    assertThat(run("GenerateImage", "red apple", "--out", image)).as(err.toString(UTF_8)).isZero();
    byte[] apple = Files.readAllBytes(image);
    assertThat(ImageIO.read(image.toFile()).getWidth()).isEqualTo(32);
    assertThat(run("GenerateImage", "bomb", "--out", image)).isZero();
    assertThat(Files.readAllBytes(image)).isNotEqualTo(apple);
  }

  @Test
  void aQuestionAboutAPictureIsAnswered() throws IOException {
    Path picture = picture(24, 24);
    Path template =
        Files.writeString(
            folder.resolve("t.jinja"),
            "{% for m in messages %}{% for p in m.content %}"
                + "{{ '<image>' if p.type == 'image' else p.text }}{% endfor %}{% endfor %}:");
    Path llava = FIXTURES.resolve("llava");
    assertThat(run("AskAboutImage", llava, picture, "the fox?")).isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains("came without a chat template");
    assertThat(
            run("AskAboutImage", llava, picture, "the fox?", "--template", template, "--tokens", 6))
        .as(err.toString(UTF_8))
        .isZero();
    assertThat(output()).endsWith("\n").hasSizeGreaterThan(2);
  }
}
