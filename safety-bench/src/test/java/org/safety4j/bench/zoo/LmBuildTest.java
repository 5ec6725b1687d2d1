package org.safety4j.bench.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.metric.Rate;
import org.safety4j.core.model.CausalLm;
import org.safety4j.datasets.synthetic.PotionExam;
import org.safety4j.datasets.zoo.MiniChatRecipe;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.datasets.zoo.ZooFolder;
import org.safety4j.datasets.zoo.ZooLm;
import org.safety4j.datasets.zoo.ZooLmFigures;

class LmBuildTest {
  private static final MiniChatRecipe SMALL = new MiniChatRecipe(64, 16, 64, 32, 2, 16);
  private static final PotionExam EXAM = PotionExam.standard().withSizes(8, 4);

  private static LmBuild build(ZooLm model) {
    return new LmBuild(model, SMALL, EXAM, 3);
  }

  @Test
  void modelAndTwinShareTheirFirstStagesAndStoreWhatWasMeasured(@TempDir Path folder)
      throws IOException {
    List<String> told = new ArrayList<>();
    Path work = folder.resolve("work");
    ZooLmFigures twin =
        build(Zoo.miniChatUnaligned())
            .into(folder, Optional.of(work), (stage, step, of, value) -> told.add(stage));
    assertThat(told).hasSize(6);
    ZooLmFigures aligned =
        build(Zoo.miniChat())
            .into(folder, Optional.of(work), (stage, step, of, value) -> told.add(stage));
    assertThat(told).hasSize(8);
    assertThat(aligned.steps()).isEqualTo(twin.steps() + 2);
    assertThat(aligned.seconds()).isGreaterThan(twin.seconds());
    assertThat(aligned.sha256()).isNotEqualTo(twin.sha256());

    Path own = folder.resolve("mini-chat");
    assertThat(ZooFolder.hashOfTextModel(own)).isEqualTo(aligned.sha256());
    assertThat(ZooLmFigures.read(own).marks()).isEqualTo(aligned.marks());
    assertThat(Files.readAllLines(own.resolve(LmBuild.LOG))).hasSize(9);
    assertThat(Files.readString(own.resolve(LmBuild.CARD)))
        .contains("seed 3")
        .contains("| answered |")
        .contains("| brew | ");
    assertThat(aligned.kinds().values().stream().mapToLong(Rate::trials).sum()).isEqualTo(8);
    assertThat(Files.size(own.resolve("model.safetensors"))).isLessThan(3 * aligned.parameters());
    try (CausalLm.White lm = LanguageModels.causalLm(own)) {
      assertThat(lm.chatTemplate()).isPresent();
      assertThat(lm.tokenizer().special().end()).hasValue(2);
    }
    assertThat(build(Zoo.miniChat()).again(folder)).isEqualTo(ZooLmFigures.read(own));
  }
}
