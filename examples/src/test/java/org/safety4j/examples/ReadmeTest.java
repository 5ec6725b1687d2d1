package org.safety4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.safety4j.bench.report.MethodTable;
import org.safety4j.core.method.Catalog;

/**
 * Holds the README to the code: its examples are compiled, its commands exist, its table is the
 * catalogue.
 */
class ReadmeTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  private static String read(String file) throws IOException {
    return Files.readString(ROOT.resolve(file));
  }

  private static List<String> blocks(String markdown, String language) {
    List<String> blocks = new ArrayList<>();
    Matcher m = Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(markdown);
    while (m.find()) {
      blocks.add(m.group(1));
    }
    return blocks;
  }

  /** Layout and comments aside. */
  private static String essence(String code) {
    return code.replaceAll("//[^\n]*", "").replaceAll("\\s+", "");
  }

  @Test
  void everyJavaBlockStandsInACompiledExample() throws IOException {
    String sources;
    try (Stream<Path> files = Files.walk(ROOT.resolve("examples/src"))) {
      sources =
          files
              .filter(f -> f.toString().endsWith(".java"))
              .map(
                  f -> {
                    try {
                      return essence(Files.readString(f));
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  })
              .collect(Collectors.joining());
    }
    List<String> blocks = blocks(read("README.md"), "java");
    assertThat(blocks).isNotEmpty();
    for (String block : blocks) {
      assertThat(sources).as(block).contains(essence(block));
    }
  }

  @Test
  void everyExampleThatACommandNamesIsThere() throws Exception {
    Matcher m = Pattern.compile("org\\.safety4j\\.examples\\.(\\w+)").matcher(read("README.md"));
    int found = 0;
    while (m.find()) {
      if (!m.group(1).equals("NAME")) {
        Class<?> example = Class.forName("org.safety4j.examples." + m.group(1));
        assertThat(example.getMethod("main", String[].class)).isNotNull();
        found++;
      }
    }
    assertThat(found).isPositive();
  }

  @Test
  void methodTableIsTheCatalogue() throws IOException {
    String readme = read("README.md");
    String begin = "<!-- methods: generated, see CONTRIBUTING.md -->\n";
    int from = readme.indexOf(begin) + begin.length();
    int to = readme.indexOf("<!-- end of methods -->");
    assertThat(from).isGreaterThan(begin.length());
    assertThat(readme.substring(from, to).strip())
        .isEqualTo(MethodTable.markdown(Catalog.methods()).strip());
  }

  @Test
  void continuousIntegrationRunsTheReadmesTestCommand() throws IOException {
    String command =
        read(".ci/run")
            .lines()
            .filter(l -> l.startsWith("exec "))
            .findFirst()
            .orElseThrow()
            .substring(5);
    assertThat(read("README.md").lines().map(String::strip)).contains(command);
  }
}
