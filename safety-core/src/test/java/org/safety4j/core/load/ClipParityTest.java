package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.nn.Parity;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.run.Budget;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.ValueAndGradient;

class ClipParityTest {
  private static final List<String> PROMPTS =
      List.of("a red potion", "a blue potion", "the lazy dog");
  private static Clip clip;

  @BeforeAll
  static void open() {
    clip = Models.open(Parity.folder("clip"), Clip.class);
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  @Test
  void embeddingsAndLogitsAreThoseOfTheReference() {
    try (Parity parity = Parity.of("clip")) {
      parity.check(
          in -> {
            DualEncoder.TextBatch batch =
                new DualEncoder.TextBatch(in.get("ids"), in.get("attention_mask"));
            NDArray images = clip.embedImages(in.get("images"));
            NDArray texts = clip.embedTokens(clip.tokenEmbeddings(batch.ids()), batch);
            return Map.of(
                "image_embeds", images,
                "text_embeds", texts,
                "logits_per_image", clip.logits(images, texts));
          });
    }
  }

  private static NDArray images(int n) {
    return Rng.of(3).uniform(clip.manager(), new Shape(n).addAll(clip.inputShape()), 0, 1);
  }

  @Test
  void zeroShotLogitsAreScaledCosines() {
    try (Scope scope = Scope.open();
        ImageClassifier.White zeroShot = clip.zeroShot(PROMPTS)) {
      NDArray x = images(2);
      NDArray expected =
          clip.imageEmbeddings(x)
              .matMul(clip.textEmbeddings(PROMPTS).transpose())
              .mul((float) clip.logitScale());
      assertThat(Parity.largestDifference(zeroShot.logits(x), expected)).isLessThan(1e-5f);
      assertThat(zeroShot.classes()).isEqualTo(3);
      assertThat(clip.match(x, PROMPTS)).isEqualTo(zeroShot.labels(x));
    }
  }

  @Test
  void zeroShotGradientIsThatOfFiniteDifferences() {
    try (Scope scope = Scope.open();
        ImageClassifier.White zeroShot = clip.zeroShot(PROMPTS);
        Linearized at = zeroShot.linearize(images(2))) {
      NDArray x = images(2);
      NDArray labels = clip.manager().create(new long[] {0, 2});
      ValueAndGradient vg = zeroShot.gradient(x, labels, CrossEntropy.untargeted());
      NDArray direction = Rng.of(9).normal(clip.manager(), x.getShape());
      double h = 1e-3;
      NDArray up =
          CrossEntropy.untargeted().values(zeroShot.logits(x.add(direction.mul(h))), labels);
      NDArray down =
          CrossEntropy.untargeted().values(zeroShot.logits(x.sub(direction.mul(h))), labels);
      double numeric = up.sub(down).sum().getFloat() / (2 * h);
      double analytic = vg.gradient().mul(direction).sum().getFloat();
      assertThat(analytic).isCloseTo(numeric, org.assertj.core.data.Percentage.withPercentage(2));
      assertThat(at.logits().getShape().get(1)).isEqualTo(3);
    }
  }

  @Test
  void aPaddedTextHasTheEmbeddingThatItHasAlone() {
    try (Scope scope = Scope.open()) {
      NDArray together = clip.textEmbeddings(PROMPTS);
      for (int i = 0; i < PROMPTS.size(); i++) {
        NDArray alone = clip.textEmbeddings(PROMPTS.subList(i, i + 1));
        assertThat(Parity.largestDifference(Ops.rows(together, i), alone)).isLessThan(1e-5f);
      }
    }
  }

  @Test
  void restrictedEncoderCountsWhatItsZeroShotViewAsks() {
    DualEncoder.Gray gray = Access.restrict(clip, DualEncoder.Gray.class, Budget.unlimited());
    try (Scope scope = Scope.open();
        ImageClassifier.Gray zeroShot = gray.zeroShot(PROMPTS)) {
      zeroShot.logits(images(2));
    }
    assertThat(Access.usage(gray).queries()).isEqualTo(3 + 2);
    DualEncoder.White white = Access.restrict(clip, DualEncoder.White.class, Budget.unlimited());
    try (Scope scope = Scope.open();
        ImageClassifier.White zeroShot = white.zeroShot(PROMPTS);
        Linearized at = zeroShot.linearize(images(2))) {
      assertThat(at.logits().getShape().get(0)).isEqualTo(2);
    }
    assertThat(Access.usage(white).gradients()).isEqualTo(2);
  }

  @Test
  void aLongTextLosesItsEndNotItsEndToken() {
    try (Scope scope = Scope.open();
        DualEncoder.TextBatch batch = clip.tokenize(List.of("dog ".repeat(100)))) {
      long[] ids = batch.ids().toLongArray();
      assertThat(ids).hasSize(clip.text().config().positions());
      assertThat(ids[0]).isEqualTo(clip.text().config().begin());
      assertThat(ids[ids.length - 1]).isEqualTo(clip.text().config().end());
    }
  }
}
