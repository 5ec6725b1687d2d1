package org.safety4j.datasets.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.KvPrefix;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.model.TextBatch;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.torch.TorchEngine;

/**
 * No bit of what a model answers depends on how many threads the engine has, and none of a
 * transformer's gradient. Arrays are so large that libtorch shares them out, and their sizes are
 * not round.
 */
@Isolated
class EngineThreadsTest {
  private static final int[] THREADS = {1, 2, 3, 5, 8};

  /** What a model answers, by name. */
  private static final class Answers {
    private final Map<String, float[]> found = new LinkedHashMap<>();

    void value(String name, Supplier<NDArray> task) {
      try (Scope scope = Scope.open()) {
        found.put(name, task.get().toFloatArray());
      }
    }

    void withGradient(String name, NDArray x, UnaryOperator<NDArray> function) {
      value(name, () -> function.apply(x));
      value(
          name + ", gradient",
          () -> {
            try (GradMode mode = GradMode.on()) {
              NDArray leaf = Grad.leaf(x);
              NDArray y = function.apply(leaf);
              return Grad.vjp(y, leaf, Rng.of(9).normal(x.getManager(), y.getShape()));
            }
          });
    }

    List<String> differing(Answers expected, int threads) {
      List<String> names = new ArrayList<>();
      found.forEach(
          (name, answer) -> {
            float[] other = expected.found.get(name);
            long off =
                IntStream.range(0, other.length)
                    .filter(i -> Float.compare(answer[i], other[i]) != 0)
                    .count();
            if (off > 0) {
              names.add(name + ": " + off + " of " + answer.length + " by " + threads + " threads");
            }
          });
      return names;
    }
  }

  private static <M extends Model> void same(Supplier<M> open, BiConsumer<M, Answers> ask) {
    int before = TorchEngine.threads();
    List<String> differing = new ArrayList<>();
    try {
      Answers first = null;
      for (int threads : THREADS) {
        JniUtils.setNumThreads(threads);
        Answers answers = new Answers();
        try (Scope scope = Scope.open();
            M model = open.get()) {
          ask.accept(model, answers);
        }
        first = first == null ? answers : first;
        differing.addAll(answers.differing(first, threads));
      }
      assertThat(first.found).isNotEmpty();
    } finally {
      JniUtils.setNumThreads(before);
    }
    assertThat(differing).isEmpty();
  }

  private static NDArray images(NDManager manager, int n, Shape shape) {
    return Rng.of(1).uniform(manager, new Shape(n).addAll(shape), 0, 1);
  }

  private static NDArray ids(NDManager manager, int rows, int tokens) {
    long[] ids = new long[rows * tokens];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 5 + 37 * i % 900;
    }
    return manager.create(ids, new Shape(rows, tokens));
  }

  private static List<String> texts(String text) {
    return IntStream.range(0, 37).mapToObj(i -> text + i).toList();
  }

  private static void transformer(ImageClassifier.White net, Answers answers) {
    for (int n : new int[] {1, 5, 37}) {
      NDArray x = images(net.manager(), n, net.inputShape());
      answers.value(n + " images", () -> net.logits(x));
      answers.value(
          n + " images, gradient",
          () -> {
            try (Linearized line = net.linearize(x)) {
              return line.pullback(Rng.of(2).normal(net.manager(), line.logits().getShape()));
            }
          });
    }
  }

  /** The gradients of some convolutions of few images differ, see docs/determinism.md. */
  private static void convolutional(ImageClassifier.White net, Answers answers) {
    for (int n : new int[] {1, 5, 37}) {
      NDArray x = images(net.manager(), n, net.inputShape());
      answers.value(n + " images", () -> net.logits(x));
    }
  }

  @Test
  void imageClassifiers() {
    same(() -> Zoo.digitsVit().open(), EngineThreadsTest::transformer);
    same(() -> Zoo.emojiVit().open(), EngineThreadsTest::transformer);
    same(() -> Zoo.digitsCnn().open(), EngineThreadsTest::convolutional);
    same(() -> Zoo.miniConcepts().open(), EngineThreadsTest::convolutional);
  }

  @Test
  void languageModels() {
    same(
        () -> Zoo.miniChat().open(),
        (CausalLm.White lm, Answers answers) -> {
          for (int t : new int[] {1, 7, 90, 184, 200, 216, 251, 300, 333}) {
            NDArray ids = ids(lm.manager(), 1, t);
            answers.value(t + " tokens", () -> lm.logits(ids, LmContext.whole()));
            answers.value(t + " tokens, last", () -> lm.logits(ids, LmContext.whole().withLast(1)));
            answers.withGradient(
                t + " embeddings", lm.embed(ids), e -> lm.logitsOf(e, LmContext.whole()));
          }
          int[] text = ids(lm.manager(), 1, 150).toType(DataType.INT32, false).toIntArray();
          try (KvPrefix prefix = lm.remember(text)) {
            for (int rows : new int[] {1, 4, 23}) {
              NDArray next = ids(lm.manager(), rows, 1);
              LmContext behind = LmContext.whole().withPrefix(prefix);
              answers.value(rows + " tokens behind a text", () -> lm.logits(next, behind));
            }
          }
          NDArray many = lm.embed(ids(lm.manager(), 7, 90));
          answers.withGradient("7 x 90", many, e -> lm.logitsOf(e, LmContext.whole()));
        });
  }

  @Test
  void dualEncoders() {
    same(
        () -> Zoo.miniClip().open(),
        (clip, answers) -> {
          for (int n : new int[] {1, 5, 37}) {
            NDArray x = images(clip.manager(), n, clip.inputShape());
            answers.withGradient(n + " images", x, clip::embedImages);
          }
          DualEncoder.TextBatch batch = clip.tokenize(texts("a picture of cats, number "));
          NDArray tokens = clip.tokenEmbeddings(batch.ids());
          answers.withGradient("texts", tokens, e -> clip.embedTokens(e, batch));
        });
  }

  @Test
  void visionLanguageModels() {
    same(
        () -> Zoo.miniVlm().open(),
        (vlm, answers) -> {
          NDArray x = images(vlm.manager(), 3, vlm.inputShape());
          answers.withGradient("image tokens", x, vlm::imageTokens);
          String image = vlm.tokenizer().token(vlm.imageToken());
          int[] row = vlm.prompt(image + " what is in the picture, and how many are there?");
          long[] ids =
              IntStream.range(0, 3 * row.length).mapToLong(i -> row[i % row.length]).toArray();
          NDArray rows = vlm.manager().create(ids, new Shape(3, row.length));
          answers.value("logits", () -> vlm.logits(x, rows, LmContext.whole()));
        });
  }

  @Test
  void textClassifiers() {
    same(
        () -> Zoo.miniGuard().open(),
        (Bert.Classifier guard, Answers answers) -> {
          TextBatch batch = guard.tokens(texts("how do I brew potion number "));
          answers.withGradient("logits", guard.lookUp(batch.ids()), e -> guard.logitsOf(e, batch));
        });
  }

  @Test
  void segmenters() {
    same(
        () -> Zoo.miniSam().open(),
        (sam, answers) -> {
          NDManager manager = sam.manager();
          for (int n : new int[] {1, 5}) {
            NDArray points = Rng.of(4).uniform(manager, new Shape(n, 1, 1, 2), 0, 60);
            Segmenter.Prompt prompt =
                new Segmenter.Prompt(points, manager.ones(new Shape(n, 1, 1)), null, null);
            answers.withGradient(
                n + " masks",
                images(manager, n, sam.inputShape()),
                e -> sam.forward(e, prompt, true).logits());
          }
        });
  }

  @Test
  void denoisers() {
    for (MiniModel<DiffusionPipeline> zoo : List.of(Zoo.miniDdpm(), Zoo.miniT2i())) {
      same(
          zoo::open,
          (model, answers) -> {
            NDManager manager = model.manager();
            for (int n : new int[] {1, 4, 7}) {
              NDArray x = Rng.of(3).normal(manager, new Shape(n).addAll(model.latentShape()));
              NDArray t = manager.create(new long[] {3, 100, 200, 300, 5, 600, 7}).get(":" + n);
              NDArray words =
                  model.takesText() ? model.textEmbeddings(texts("a cup ").subList(0, n)) : null;
              UnaryOperator<NDArray> noise = e -> model.predictNoise(e, t, words);
              if (n == 7) {
                answers.withGradient(n + " noise", x, noise);
              } else {
                answers.value(n + " noise", () -> noise.apply(x));
              }
            }
          });
    }
  }

  @Test
  void codecs() {
    same(
        () -> Zoo.miniCodec().open(),
        (mini, answers) -> {
          AutoencoderKl codec = mini.codec();
          for (int n : new int[] {1, 5}) {
            NDArray x = images(codec.manager(), n, new Shape(3, 32, 32));
            answers.withGradient(n + " latents", x, codec::encode);
            answers.withGradient(n + " images", Ops.copy(codec.encode(x)), codec::decode);
          }
        });
  }
}
