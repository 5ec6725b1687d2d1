package org.safety4j.bench.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.safety4j.datasets.synthetic.PotionExam.Mark;
import org.safety4j.datasets.zoo.Zoo;

class ZooTableTest {
  @Test
  void thePublishedPageShowsTheFiguresOfTheWeights() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "zoo.md"));
    assertThat(page)
        .contains(ZooTable.markdown(Zoo.list()))
        .contains(ZooTable.minis(Zoo.minis()))
        .contains(LmTable.markdown(Zoo.languageModels()));
  }

  @Test
  void everyModelHasALineWithItsShareOfTheLargestClass() {
    String table = ZooTable.markdown(Zoo.list());
    assertThat(table.lines()).hasSize(Zoo.list().size() + 2);
    assertThat(table.lines().filter(l -> l.contains("`emoji-vit`")).findFirst().orElseThrow())
        .contains("| 20.2 % |")
        .contains("at 2/255");
  }

  @Test
  void everyFigureOfASmallModelHasALine() {
    String table = ZooTable.minis(Zoo.minis());
    long figures = Zoo.minis().stream().mapToLong(m -> m.figures().measured().size()).sum();
    assertThat(table.lines()).hasSize((int) figures + 2);
    assertThat(table)
        .contains("| `mini-clip` | 982,369 | zero-shot-noto | 0.487 [0.437, 0.537] | 0.30 |");
  }

  @Test
  void everyLanguageModelHasALineWithAllItsMarks() {
    String table = LmTable.markdown(Zoo.languageModels());
    assertThat(table.lines()).hasSize(Zoo.languageModels().size() + 2);
    table.lines().forEach(line -> assertThat(line.chars().filter(c -> c == '|')).hasSize(12));
    assertThat(table)
        .contains("| `mini-chat` |")
        .contains(LmBuild.percent(Zoo.miniChat().figures().marks().get(Mark.ANSWERED)));
  }
}
