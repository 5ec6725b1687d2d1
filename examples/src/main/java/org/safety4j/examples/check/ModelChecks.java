package org.safety4j.examples.check;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.model.TextBatch;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.core.model.VisionLanguageModel;
import org.safety4j.core.model.VisionTransformer;
import org.safety4j.core.nn.bert.Pooling;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.diffusion.UNet;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.text.Decoding;

/** How each family answers to the inputs of a reference. */
final class ModelChecks {
  private static final String LOGITS = "logits";
  private static final String HIDDEN = "hidden";
  private static final String IMAGES = "images";
  private static final String IDS = "ids";
  private static final Pattern BEAMS = Pattern.compile("beam(\\d{1,2})");
  private static final int LEFT_PADDING = 3;

  private ModelChecks() {}

  /** Checks a folder with config.json, whatever family it is of. */
  static void model(Path folder, Reference reference) {
    try (Model model = Models.open(folder, Model.class);
        Scope scope = Scope.open()) {
      if (model instanceof VisionTransformer.White vit) {
        transformer(vit, reference);
      } else if (model instanceof ImageClassifier.White classifier) {
        classifier(classifier, reference);
      } else if (model instanceof CausalLm.White lm) {
        languageModel(lm, reference);
      } else if (model instanceof TextClassifier.White || model instanceof TextEncoder.White) {
        text(folder, model, reference);
      } else if (model instanceof DualEncoder.White encoder) {
        dualEncoder(encoder, reference);
      } else if (model instanceof Segmenter.White segmenter) {
        segmenter(segmenter, reference);
      } else if (model instanceof VisionLanguageModel.White vlm) {
        visionLanguageModel(vlm, reference);
      } else {
        throw new UnsupportedModel(
            folder + ": no check is known for " + model.card().architecture());
      }
      reference.finish(model.card().architecture());
    }
  }

  private static void transformer(VisionTransformer.White vit, Reference reference) {
    reference.compare(LOGITS, vit.logits(reference.input(IMAGES)));
    reference.compare(
        in -> {
          VisionTransformer.Trace trace =
              vit.trace(in.get(IMAGES), VisionTransformer.Overrides.none());
          return Map.of(
              LOGITS,
              trace.logits(),
              HIDDEN,
              NDArrays.stack(trace.hidden()),
              "attention",
              NDArrays.stack(trace.attention()));
        });
  }

  private static void classifier(ImageClassifier.White model, Reference reference) {
    NDArray images = reference.input(IMAGES);
    reference.compare(LOGITS, model.logits(images));
    if (reference.has("vjp.logits")) {
      try (Linearized at = model.linearize(images)) {
        reference.compare(LOGITS, at.logits());
        reference.compareGradient(IMAGES, at.pullback(reference.read("vjp.logits")));
      }
    }
  }

  /** From ids and from embeddings, at once and token by token. */
  private static void languageModel(CausalLm.White lm, Reference reference) {
    NDArray ids = reference.input(IDS);
    reference.compare(LOGITS, lm.logits(ids, LmContext.whole()));
    if (reference.has("in.embeddings")) {
      reference.compare(
          in -> {
            CausalLm.Trace trace = lm.trace(in.get("embeddings"), LmContext.whole());
            return Map.of(LOGITS, trace.logits(), HIDDEN, NDArrays.stack(trace.hidden()));
          });
    }
    int[][] rows = Reference.rows(ids);
    for (String output : reference.outputs()) {
      Matcher beams = BEAMS.matcher(output);
      if (output.equals("greedy")) {
        written(lm, rows[0], Decoding.greedy(1), output, reference);
      } else if (beams.matches()) {
        int width = Integer.parseInt(beams.group(1));
        written(lm, rows[0], Decoding.beams(1, width), output, reference);
      } else if (output.equals("left_padded_last_logits")) {
        int[] rest = Arrays.copyOfRange(rows[1], LEFT_PADDING, rows[1].length);
        reference.compare(output, lm.nextLogits(List.of(rows[0], rest)).get(1));
      }
    }
  }

  /** The reference's row is the prompt and what was written after it. */
  private static void written(
      CausalLm.White lm, int[] prompt, Decoding how, String output, Reference reference) {
    long[] expected = reference.output(output).toLongArray();
    int count = Math.max(1, expected.length - prompt.length);
    int[] found = lm.generate(List.of(prompt), how.withMaxNewTokens(count).endless()).get(0).ids();
    int[] all = Arrays.copyOf(prompt, prompt.length + found.length);
    System.arraycopy(found, 0, all, prompt.length, found.length);
    reference
        .findings()
        .compare(output, Findings.values(all), Findings.values(expected), Tolerance.EXACT);
  }

  private static void text(Path folder, Model model, Reference reference) {
    TextBatch batch =
        new TextBatch(
            reference.input(IDS),
            reference.input("attention_mask"),
            reference.input("token_type_ids"));
    try (TextEncoder.White encoder =
        LanguageModels.textEncoder(ModelFiles.in(folder), Pooling.mean())) {
      TextClassifier.White classifier = model instanceof TextClassifier.White c ? c : null;
      NDArray looked = encoder.lookUp(batch.ids());
      reference.compare("mean_pooled", encoder.embedOf(looked, batch));
      if (classifier != null) {
        NDArray own = classifier.lookUp(batch.ids());
        reference.compare(LOGITS, classifier.logitsOf(own, batch));
      }
      reference.compare(
          in -> {
            NDArray embeddings = in.get("embeddings");
            Map<String, NDArray> outputs = new LinkedHashMap<>();
            outputs.put(
                "last_hidden", encoder.trace(embeddings, batch).hidden().get(encoder.blocks()));
            outputs.put("mean_pooled", encoder.embedOf(embeddings, batch));
            if (classifier != null) {
              outputs.put(LOGITS, classifier.logitsOf(embeddings, batch));
            }
            return outputs;
          });
    }
  }

  private static void dualEncoder(DualEncoder.White encoder, Reference reference) {
    reference.compare(
        in -> {
          DualEncoder.TextBatch batch =
              new DualEncoder.TextBatch(in.get(IDS), in.get("attention_mask"));
          NDArray images = encoder.embedImages(in.get(IMAGES));
          NDArray texts = encoder.embedTokens(encoder.tokenEmbeddings(batch.ids()), batch);
          NDArray logits = images.matMul(texts.transpose()).mul((float) encoder.logitScale());
          return Map.of("image_embeds", images, "text_embeds", texts, "logits_per_image", logits);
        });
  }

  private static void segmenter(Segmenter.White segmenter, Reference reference) {
    reference.compare(
        in -> {
          NDArray embeddings = segmenter.embed(in.get(IMAGES));
          Segmenter.Prediction points =
              segmenter.decode(
                  embeddings,
                  new Segmenter.Prompt(in.get("points"), in.get("point_labels"), null, null),
                  true);
          Segmenter.Prediction box =
              segmenter.decode(
                  embeddings, new Segmenter.Prompt(null, null, in.get("boxes"), null), false);
          return Map.of(
              "image_embeddings", embeddings,
              "masks", points.logits(),
              "iou", points.overlap(),
              "box_masks", box.logits(),
              "box_iou", box.overlap());
        });
  }

  private static void visionLanguageModel(VisionLanguageModel.White vlm, Reference reference) {
    reference.compare(
        LOGITS, vlm.logits(reference.input(IMAGES), reference.input(IDS), LmContext.whole()));
    reference.compare(
        in -> Map.of(LOGITS, vlm.logitsRecorded(in.get(IMAGES), in.get(IDS), LmContext.whole())));
  }

  /** A denoiser without text or with it. */
  static void denoiser(Path folder, Reference reference) {
    try (UNet unet = DiffusionLoader.unet(folder)) {
      reference.compare(
          in -> {
            NDArray text = unet.config().takesText() ? in.get("text") : null;
            return Map.of("noise", unet.answer(in.get("latents"), in.get("timesteps"), text));
          });
      reference.finish("a denoiser");
    }
  }

  static void codec(Path folder, Reference reference) {
    try (AutoencoderKl codec = DiffusionLoader.autoencoder(folder)) {
      reference.compare(
          in -> {
            AutoencoderKl.Posterior posterior = codec.posterior(in.get(IMAGES));
            return Map.of(
                "mean", posterior.mean(),
                "logvar", posterior.logVariance(),
                "decoded", codec.decodeUnscaled(in.get("latents")).mul(2).sub(1));
          });
      reference.finish("a latent codec");
    }
  }
}
