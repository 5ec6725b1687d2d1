package org.safety4j.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.method.Family;
import org.safety4j.core.method.Kind;
import org.safety4j.core.method.Threat;
import org.safety4j.core.model.Access;

class ListMethodsTest {
  private static List<String> lines() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ListMethods.print(new PrintStream(out, true, UTF_8));
    return out.toString(UTF_8).lines().toList();
  }

  @Test
  void everyLineHasSixSoundFieldsAndNamesAClassThatIsThere() throws Exception {
    assertThat(lines()).isNotEmpty();
    for (String line : lines()) {
      String[] fields = line.split("\t", -1);
      assertThat(fields).as(line).hasSize(6);
      assertThat(fields[0]).matches("[a-z0-9]+(-[a-z0-9]+)*");
      Kind.valueOf(fields[1]);
      Family.valueOf(fields[2]);
      Threat.valueOf(fields[3]);
      Access.valueOf(fields[4]);
      assertThat(Class.forName(fields[5], false, getClass().getClassLoader())).isNotNull();
    }
  }

  @Test
  void linesAreSortedAndUnique() {
    List<String> ids = lines().stream().map(line -> line.split("\t")[0]).toList();
    assertThat(ids).isSorted().doesNotHaveDuplicates();
    assertThat(ids).contains("core-pgd", "core-square", "core-hopskipjump", "core-jpeg");
  }
}
