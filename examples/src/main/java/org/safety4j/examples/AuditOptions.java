package org.safety4j.examples;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** What {@link SafetyAudit} was asked to do. */
record AuditOptions(
    Path out,
    Path model,
    Path images,
    int count,
    long seed,
    int threads,
    boolean resume,
    boolean help) {
  static final String USAGE =
      """
      SafetyAudit: attacks and defends image classifiers, and reports how well they hold.

        --out FOLDER      where the report goes (target/safety-audit)
        --model PATH      a model of your own: a Hugging Face folder (ViT, DeiT, ResNet) or a
                          TorchScript file with preprocessor_config.json beside it
        --images FOLDER   pictures for it: PNG or JPEG, in one subfolder a class, or with labels.csv,
                          or without labels (then the model's own answers count as right)
        --count N         how many pictures at most (200)
        --seed N          root of all randomness (0)
        --threads N       how many attacks run at once (processors; 1 with --model)
        --resume          go on with the journal in the report's folder
        --help            this text

      Without --model it audits models that come with the library, on real handwritten digits.
      """;

  /** An argument that cannot be understood, or names what is not there. */
  static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message);
    }
  }

  static AuditOptions parse(String[] args) throws Wrong {
    Path out = Path.of("target", "safety-audit");
    Path model = null;
    Path images = null;
    int count = 200;
    long seed = 0;
    int threads = 0;
    boolean resume = false;
    Deque<String> rest = new ArrayDeque<>(List.of(args));
    while (!rest.isEmpty()) {
      String option = rest.pop();
      switch (option) {
        case "--help", "-h" -> {
          return new AuditOptions(out, null, null, count, seed, 1, false, true);
        }
        case "--resume" -> resume = true;
        case "--out" -> out = path(option, rest);
        case "--model" -> model = path(option, rest);
        case "--images" -> images = path(option, rest);
        case "--count" -> count = (int) number(option, rest, 1, 1_000_000);
        case "--seed" -> seed = number(option, rest, Long.MIN_VALUE, Long.MAX_VALUE);
        case "--threads" -> threads = (int) number(option, rest, 1, 1024);
        default -> throw new Wrong("unknown argument \"" + option + "\"");
      }
    }
    if (threads == 0) {
      threads = model == null ? Runtime.getRuntime().availableProcessors() : 1;
    }
    AuditOptions options =
        new AuditOptions(out, model, images, count, seed, threads, resume, false);
    options.check();
    return options;
  }

  private void check() throws Wrong {
    if (model == null && images != null) {
      throw new Wrong("--images needs --model: the bundled models have pictures of their own");
    }
    if (model != null && images == null) {
      throw new Wrong("--model needs --images, a folder of pictures to attack it on");
    }
    if (model != null && !Files.exists(model)) {
      throw new Wrong("--model " + model + ": no such file or folder");
    }
    if (images != null && !Files.isDirectory(images)) {
      throw new Wrong("--images " + images + ": no such folder");
    }
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw new Wrong("--out " + out + ": is a file, a folder was expected");
    }
  }

  private static String value(String option, Deque<String> rest) throws Wrong {
    if (rest.isEmpty() || rest.peek().startsWith("--")) {
      throw new Wrong(option + " needs a value");
    }
    return rest.pop();
  }

  private static Path path(String option, Deque<String> rest) throws Wrong {
    String value = value(option, rest);
    try {
      return Path.of(value);
    } catch (java.nio.file.InvalidPathException e) {
      throw new Wrong(option + " " + value + ": not a path");
    }
  }

  private static long number(String option, Deque<String> rest, long min, long max) throws Wrong {
    String value = value(option, rest);
    try {
      long number = Long.parseLong(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new Wrong(option + " " + value + ": not a whole number");
    }
    throw new Wrong(option + " " + value + ": must be in [" + min + ", " + max + "]");
  }
}
