package org.safety4j.bench.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.safety4j.core.run.RunListener;
import org.safety4j.datasets.synthetic.PotionExam;
import org.safety4j.datasets.zoo.MiniGuardRecipe;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.datasets.zoo.ZooFolder;
import org.safety4j.datasets.zoo.ZooLmFigures;

class GuardBuildTest {
  @Test
  void guardsAreStoredWithWhatWasMeasured(@TempDir Path folder) throws IOException {
    GuardBuild build =
        new GuardBuild(
            Zoo.miniGuard(),
            new MiniGuardRecipe(60, 2, 16),
            PotionExam.standard().withSizes(20, 10),
            5);
    ZooLmFigures figures = build.into(folder, Optional.empty(), RunListener.SILENT);
    Path own = folder.resolve("mini-guard");
    assertThat(figures.steps()).isEqualTo(8);
    assertThat(ZooFolder.hashOfTextModel(own)).isEqualTo(figures.sha256());
    assertThat(Files.readAllLines(own.resolve(LmBuild.LOG))).hasSize(3);
    assertThat(Files.readString(own.resolve(LmBuild.CARD))).contains("| passed benign |");
    assertThat(build.again(folder)).isEqualTo(ZooLmFigures.read(own));
  }
}
