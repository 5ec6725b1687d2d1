package org.safety4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.safety4j.core.tensor.torch.TorchProgram;

class ProgramsTest {
  private static final Pattern CONSTANT = Pattern.compile("\\$\\{(\\w+)}");

  static List<Path> resources() throws IOException, URISyntaxException {
    Path root = Path.of(Ops.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(f -> f.toString().endsWith(".torch.py"))
          .filter(f -> !isArchitecture(f))
          .sorted()
          .toList();
    }
  }

  /**
   * Architectures are put together for a configuration; the parity tests of their packages compile
   * them.
   */
  private static boolean isArchitecture(Path resource) {
    return resource.toString().replace('\\', '/').contains("/core/nn/");
  }

  @ParameterizedTest
  @MethodSource("resources")
  void everyProgramCompiles(Path resource) throws IOException {
    String text = Files.readString(resource);
    Map<String, Object> constants = new HashMap<>();
    CONSTANT.matcher(text).results().forEach(m -> constants.put(m.group(1), 1));
    try (TorchProgram program =
        TorchProgram.compile(resource.getFileName().toString(), text, constants)) {
      assertThat(program.toString()).contains("[");
    }
  }

  private static final String SAMPLE =
      """
      # attributes are set by a method
      weights : List[Tensor]
      named : Dict[str, Tensor]

      def setup(self, w: List[Tensor], n: Dict[str, Tensor]) -> Tensor:
        self.weights = w
        self.named = n
        return w[0]

      def forward(self, x: Tensor) -> Tensor:
        return x * self.weights[0] + self.named["layer.bias"] + ${offset}

      def both(self, xs: List[Tensor]) -> List[Tensor]:
        return [xs[0] + xs[1], xs[0] - xs[1]]
      """;

  @Test
  void programsKeepAttributesAndTakeListsAndDictionaries() {
    try (NDManager manager = Tensors.newManager();
        TorchProgram program = TorchProgram.compile("sample", SAMPLE, Map.of("offset", 0.5))) {
      NDArray w = manager.create(new float[] {2, 3});
      NDArray b = manager.create(new float[] {10, 20});
      b.setName("kept");
      program.one("setup", List.of(w), Map.of("layer.bias", b));
      assertThat(b.getName()).isEqualTo("kept");
      NDArray x = manager.create(new float[] {1, 1});
      x.setName("layer1.weight");
      assertThat(program.one("forward", x).toFloatArray()).containsExactly(12.5f, 23.5f);
      assertThat(x.getName()).isEqualTo("layer1.weight");
      NDList both = program.all("both", List.of(w, b));
      assertThat(both.get(0).toFloatArray()).containsExactly(12, 23);
      assertThat(both.get(1).toFloatArray()).containsExactly(-8, -17);
    }
  }

  @Test
  void mistakesAreExplained() {
    try (NDManager manager = Tensors.newManager();
        TorchProgram program = TorchProgram.compile("sample", SAMPLE, Map.of("offset", 0))) {
      NDArray x = manager.ones(new Shape(1));
      assertThatThrownBy(() -> program.one("backward", x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no method backward")
          .hasMessageContaining("forward");
      assertThatThrownBy(() -> program.one("forward", 3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("takes arrays");
      assertThatThrownBy(() -> program.one("both", List.of(x, x), x)).isInstanceOf(Exception.class);
    }
    assertThatThrownBy(() -> TorchProgram.compile("sample", SAMPLE, Map.of()))
        .hasMessageContaining("${offset}");
    assertThatThrownBy(
            () ->
                TorchProgram.compile(
                    "broken",
                    "def f(self, x: Tensor) -> Tensor:\n  return torch.nosuch(x)\n",
                    Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("broken")
        .hasMessageContaining("nosuch");
  }
}
