package org.safety4j.examples.check;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.LogitLoss;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.TextBatch;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.ValueAndGradient;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.examples.pictures.PictureFile;

/** Real models with what a reference made of real texts and pictures. */
final class RealModelChecks {
  static final String TENSORS = "reference.safetensors";
  private static final String WORDS = "reference.json";
  private static final String GRADIENT = "gradient_of_cross_entropy_at_prediction";
  private static final Pattern OF_CHAT = Pattern.compile("(\\d{1,4})\\.(\\w+)");
  private static final String NLL = "nll_of_";
  private static final LogitLoss CROSS_ENTROPY =
      (logits, labels) -> Ops.pick(Ops.logSoftmax(logits), labels).neg();

  private RealModelChecks() {}

  static void check(Path folder, List<Path> pictureFolders, Reference reference) {
    JsonNode words = JsonFiles.read(folder.resolve(WORDS));
    try (Model model = Models.open(folder, Model.class);
        Scope scope = Scope.open()) {
      if (model instanceof CausalLm.White lm && words.path("chats").isArray()) {
        chats(lm, words, reference);
      } else if (model instanceof TextEncoder.White encoder && words.path("sentences").isArray()) {
        sentences(encoder, strings(words.get("sentences")), reference);
      } else if (model instanceof ImageClassifier.White classifier
          && words.path("pictures").isArray()) {
        List<Path> files = pictures(folder, strings(words.get("pictures")), pictureFolders);
        pictures(
            classifier,
            Models.preprocessor(folder).prepare(read(files), reference.manager()),
            words,
            reference);
      } else {
        throw new UnsupportedModel(
            folder.resolve(WORDS)
                + ": no check is known for this and a model of "
                + model.card().architecture());
      }
    }
    for (String name : reference.names()) {
      if (!reference.findings().has(name)) {
        reference.findings().add(Finding.failed(name, "is not known"));
      }
    }
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(node -> strings.add(node.asText()));
    return strings;
  }

  private static void compare(
      String name, NDArray actual, Reference reference, Tolerance tolerance) {
    reference.findings().compare(name, actual, reference.read(name), tolerance);
  }

  private static void sentences(
      TextEncoder.White encoder, List<String> sentences, Reference reference) {
    TextBatch batch = encoder.tokens(sentences);
    compare("ids", batch.ids(), reference, Tolerance.EXACT);
    compare("attention_mask", batch.mask(), reference, Tolerance.EXACT);
    compare("embeddings", encoder.embed(sentences), reference, Tolerance.OUTPUT);
  }

  private static void pictures(
      ImageClassifier.White model, NDArray images, JsonNode words, Reference reference) {
    compare("logits", model.logits(images), reference, Tolerance.OUTPUT);
    int[] labels = model.labels(images);
    List<Integer> expected = new ArrayList<>();
    words.path("top1").forEach(label -> expected.add(label.asInt()));
    reference
        .findings()
        .compare(
            "top1",
            Findings.values(labels),
            expected.stream().mapToDouble(i -> i).toArray(),
            Tolerance.EXACT);
    if (reference.has(GRADIENT)) {
      ValueAndGradient at =
          model.gradient(images, Ops.index(images.getManager(), labels), CROSS_ENTROPY);
      compare(GRADIENT, at.gradient(), reference, Tolerance.GRADIENT);
    }
  }

  private static List<BufferedImage> read(List<Path> files) {
    return files.stream().map(PictureFile::read).toList();
  }

  /** The pictures lie together, in the first folder that has them all. */
  private static List<Path> pictures(Path folder, List<String> names, List<Path> folders) {
    List<Path> places = new ArrayList<>(folders);
    places.add(folder);
    places.add(folder.resolve("pictures"));
    places.add(folder.resolve("../../data/pictures").normalize());
    for (Path place : places) {
      List<Path> files = names.stream().map(place::resolve).toList();
      if (files.stream().allMatch(Files::isRegularFile)) {
        return files;
      }
    }
    throw new InvalidModelFile(
        folder
            + ": the pictures of its reference ("
            + String.join(", ", names)
            + ") are in none of "
            + places
            + "; name their folder: --pictures FOLDER");
  }

  private static void chats(CausalLm.White lm, JsonNode words, Reference reference) {
    Findings findings = reference.findings();
    for (JsonNode row : words.path("tokenizer")) {
      findings.compare(
          "tokenizer",
          Findings.values(lm.tokenizer().encode(row.path("text").asText())),
          ids(row.path("ids")),
          Tolerance.EXACT);
    }
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < words.get("chats").size(); i++) {
      JsonNode chat = words.get("chats").get(i);
      try (Scope scope = Scope.open()) {
        List<Message> messages = new ArrayList<>();
        chat.path("messages").forEach(m -> messages.add(TemplateCheck.message(m)));
        String text =
            lm.chatTemplate()
                .orElseThrow(() -> new InvalidModelFile("the model has no chat template"))
                .render(messages, true);
        findings.compare(i + ".prompt", text, chat.path("prompt").asText());
        int[] prompt = Reference.ints(reference.read(i + ".ids").toLongArray());
        findings.compare(
            i + ".ids",
            Findings.values(lm.tokenizer().encode(text)),
            Findings.values(prompt),
            Tolerance.EXACT);
        prompts.add(prompt);
        inside(lm, i, prompt, reference);
      }
    }
    int longest = 1;
    for (int i = 0; i < prompts.size(); i++) {
      longest = Math.max(longest, (int) reference.read(i + ".greedy").size());
    }
    List<Completion> written = lm.generate(prompts, Decoding.greedy(longest));
    for (int i = 0; i < prompts.size(); i++) {
      findings.compare(
          i + ".greedy",
          Findings.values(written.get(i).ids()),
          Findings.values(reference.read(i + ".greedy")),
          Tolerance.EXACT);
      findings.compare(
          i + ".answer", written.get(i).text(), words.get("chats").get(i).path("answer").asText());
    }
  }

  private static double[] ids(JsonNode array) {
    double[] ids = new double[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = array.get(i).asInt();
    }
    return ids;
  }

  /** What the reference has of a prompt: scores, states and gradients. */
  private static void inside(CausalLm.White lm, int chat, int[] prompt, Reference reference) {
    Findings findings = reference.findings();
    for (String name : reference.names()) {
      Matcher matcher = OF_CHAT.matcher(name);
      if (matcher.matches() && Integer.parseInt(matcher.group(1)) == chat) {
        String what = matcher.group(2);
        if (what.equals("last_logits")) {
          compare(name, lm.nextLogits(List.of(prompt)).get(0), reference, Tolerance.REAL_MODEL);
        } else if (what.equals("token_logprobs")) {
          findings.compare(
              name,
              lm.logProbabilities(List.of(prompt)).get(0),
              Findings.values(reference.read(name)),
              Tolerance.LOG_PROBABILITY);
        } else if (what.equals("hidden_last_position")) {
          states(lm, name, prompt, reference);
        } else if (what.startsWith(NLL)) {
          lossAndGradient(lm, name, what.substring(NLL.length()), prompt, reference);
        }
      }
    }
  }

  private static void states(CausalLm.White lm, String name, int[] prompt, Reference reference) {
    NDArray expected = reference.read(name);
    CausalLm.Trace trace = lm.trace(lm.embed(row(lm, prompt)), LmContext.whole());
    if (expected.getShape().get(0) != trace.hidden().size()) {
      reference
          .findings()
          .add(
              Finding.failed(
                  name,
                  trace.hidden().size()
                      + " states, the reference has "
                      + expected.getShape().get(0)));
      return;
    }
    for (int layer = 0; layer < trace.hidden().size(); layer++) {
      reference
          .findings()
          .compare(
              name,
              trace.hidden().get(layer).get("0, -1"),
              expected.get(layer),
              Tolerance.REAL_MODEL);
    }
  }

  /** The surprise at a word that might come next, and its gradient for the prompt's embeddings. */
  private static void lossAndGradient(
      CausalLm.White lm, String name, String word, int[] prompt, Reference reference) {
    int token = lm.tokenizer().encode(word)[0];
    ValueAndGradient loss =
        lm.gradient(
            lm.embed(row(lm, prompt)),
            LmContext.whole().withLast(1),
            logits -> Ops.logSoftmax(logits).get(":, 0, " + token).neg());
    compare(
        name,
        loss.value().reshape(reference.read(name).getShape()),
        reference,
        Tolerance.LOG_PROBABILITY);
    String gradient = name.substring(0, name.indexOf('.')) + ".grad_embeddings";
    if (reference.has(gradient)) {
      compare(gradient, loss.gradient().squeeze(0), reference, Tolerance.REAL_MODEL);
    }
  }

  private static NDArray row(CausalLm.White lm, int[] ids) {
    long[] wide = java.util.Arrays.stream(ids).asLongStream().toArray();
    return lm.manager().create(wide).reshape(1, ids.length);
  }
}
