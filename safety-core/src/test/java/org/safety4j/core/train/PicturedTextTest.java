package org.safety4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.Models;
import org.safety4j.core.nn.Directional;
import org.safety4j.core.nn.vlm.Llava;
import org.safety4j.core.nn.vlm.LlavaConfig;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;

/** Texts about pictures: how they are laid out, scored and learnt, and what is saved. */
class PicturedTextTest {
  private Llava llava;
  private List<PicturedText> batch;

  @BeforeEach
  void open() {
    llava = Models.open(Fixtures.path("llava"), Llava.class);
    SplittableRandom random = new SplittableRandom(4);
    batch = new ArrayList<>();
    int size = (int) llava.inputShape().size();
    for (int i = 0; i < 5; i++) {
      int[] prompt = random.ints(3 + 2 * i, 5, 90).toArray();
      float[] pixels = null;
      if (i != 2) { // one text has no picture
        prompt[1] = llava.imageToken();
        pixels = new float[size];
        for (int k = 0; k < size; k++) {
          pixels[k] = (float) random.nextDouble();
        }
      }
      int[] answer = random.ints(2 + i % 2, 5, 90).toArray();
      batch.add(PicturedText.of(llava, TokenSequence.answer(prompt, answer), pixels));
    }
  }

  @AfterEach
  void close() {
    llava.close();
  }

  private double loss(int rowLength) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return PicturedText.loss(llava, batch, rowLength).getFloat();
    }
  }

  @Test
  void aPictureTakesAllOfItsPlacesAndNothingElseMoves() {
    TokenSequence before = TokenSequence.answer(new int[] {7, 8, 7}, new int[] {9});
    TokenSequence after = before.repeating(7, 3);
    assertThat(after.ids()).containsExactly(7, 7, 7, 8, 7, 7, 7, 9);
    assertThat(after.learnt())
        .containsExactly(false, false, false, false, false, false, false, true);
    assertThat(before.repeating(6, 3)).isEqualTo(before);
    assertThatThrownBy(() -> before.repeating(9, 2)).hasMessageContaining("token 9 must not be");
  }

  @Test
  void textsThatShareRowsAreScoredAsIfEachHadItsOwnPictureAlone() {
    double total = 0;
    int learnt = 0;
    for (PicturedText each : batch) {
      TokenSequence text = each.text();
      try (Scope scope = Scope.open()) {
        NDArray image =
            each.pixels() == null
                ? null
                : llava.manager().create(each.pixels(), new Shape(1).addAll(llava.inputShape()));
        double[] scores = llava.logProbabilities(image, text.ids());
        for (int k = 1; k < text.length(); k++) {
          total -= text.learnt()[k] ? scores[k - 1] : 0;
        }
      }
      learnt += text.targets();
    }
    for (int rowLength : new int[] {1, 40, 100}) {
      assertThat(loss(rowLength)).isCloseTo(total / learnt, within(1e-4));
    }
    float[] first = batch.get(0).pixels();
    batch.set(0, new PicturedText(batch.get(0).text(), batch.get(1).pixels()));
    batch.set(1, new PicturedText(batch.get(1).text(), first));
    assertThat(Math.abs(loss(100) - total / learnt)).isGreaterThan(1e-4);
  }

  @Test
  void gradientsOfAllWeightsAgreeWithDifferences() {
    try (Scope scope = Scope.open()) {
      // What lies behind the block that is read has no part in it; attention does not see a bias
      // that all keys share.
      Map<String, NDArray> read = new LinkedHashMap<>(llava.parameters());
      int unread = llava.config().visionBlocks();
      read.keySet()
          .removeIf(
              name ->
                  name.contains("post_layernorm")
                      || name.contains("layers." + unread + ".") && name.startsWith("vision")
                      || name.endsWith("k_proj.bias"));
      NDList gradients = Directional.gradients(read, () -> PicturedText.loss(llava, batch, 40));
      Directional.check(read, gradients, () -> PicturedText.loss(llava, batch, 40), 0.02f);
    }
  }

  @Test
  void trainedModelsAreSavedWhole(@TempDir Path folder) {
    double before = loss(100);
    TrainingLoop.run(
        llava,
        batch.size(),
        (samples, epoch, rng) -> PicturedText.loss(llava, batch, 100),
        TrainingOptions.adamW(15, batch.size(), 1e-2),
        Run.seed(0));
    double after = loss(100);
    assertThat(after).isLessThan(0.7 * before);
    LlavaConfig config = llava.config();
    Models.save(llava, folder);
    llava.close();
    llava = Models.open(folder, Llava.class);
    assertThat(loss(100)).isCloseTo(after, within(1e-6));
    assertThat(llava.config()).isEqualTo(config);
  }

  @Test
  void whatDoesNotFitIsExplained() {
    TokenSequence text = batch.get(0).text();
    assertThatThrownBy(
            () -> PicturedText.loss(llava, List.of(new PicturedText(text, new float[3])), 10))
        .hasMessageContaining("were 3 numbers");
    List<PicturedText> none = List.of(new PicturedText(batch.get(2).text(), batch.get(0).pixels()));
    assertThatThrownBy(() -> PicturedText.loss(llava, none, 10))
        .hasMessageContaining("did so 0 times");
  }
}
