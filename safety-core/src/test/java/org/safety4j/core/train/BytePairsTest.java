package org.safety4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class BytePairsTest {
  private static BytePairs of(String alphabet, BytePairs.Ties ties, int least, String... words) {
    List<String> tokens =
        alphabet.chars().mapToObj(Character::toString).collect(Collectors.toList());
    BytePairs pairs = new BytePairs(tokens, least, ties);
    for (String word : words) {
      String[] parts = word.split(" ");
      pairs.add(parts[0].chars().map(alphabet::indexOf).toArray(), Long.parseLong(parts[1]));
    }
    return pairs;
  }

  /** The words of the paper's example; e-s, s-t and t-end are equally frequent. */
  @Test
  void learnsTheExampleOfThePaper() {
    BytePairs pairs =
        of(
            "lowernstid.",
            BytePairs.Ties.BY_NUMBER,
            1,
            "low. 5",
            "lower. 2",
            "newest. 6",
            "widest. 3");
    pairs.learn(11 + 4);
    assertThat(pairs.tokens().subList(11, 15)).containsExactly("es", "t.", "est.", "lo");
  }

  @Test
  void repeatedTokensMergeFromTheLeft() {
    BytePairs pairs = of("a", BytePairs.Ties.BY_NUMBER, 1, "aaa 1");
    pairs.learn(10);
    assertThat(pairs.tokens()).containsExactly("a", "aa", "aaa");
    assertThat(pairs.merges())
        .containsExactly(new BytePairs.Merge(0, 0), new BytePairs.Merge(1, 0));
  }

  @Test
  void tiesAreSettledByNumberOrBySpelling() {
    BytePairs byNumber = of("zyxab", BytePairs.Ties.BY_NUMBER, 1, "ab 2", "zy 2");
    BytePairs bySpelling = of("zyxab", BytePairs.Ties.BY_SPELLING, 1, "ab 2", "zy 2");
    byNumber.learn(6);
    bySpelling.learn(6);
    assertThat(byNumber.tokens().get(5)).isEqualTo("zy");
    assertThat(bySpelling.tokens().get(5)).isEqualTo("ab");
  }

  @Test
  void rarePairsAreLeftAlone() {
    BytePairs pairs = of("abc", BytePairs.Ties.BY_NUMBER, 3, "ab 3", "bc 2");
    pairs.learn(10);
    assertThat(pairs.tokens()).containsExactly("a", "b", "c", "ab");
  }

  @Test
  void wrongInputsAreNamed() {
    BytePairs pairs = of("ab", BytePairs.Ties.BY_NUMBER, 1);
    assertThatThrownBy(() -> pairs.add(new int[] {0, 2}, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("word", "[0, 2)", "2");
    assertThatThrownBy(() -> pairs.add(new int[] {0, 1}, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("count", "0");
    assertThatThrownBy(() -> new BytePairs(List.of(), 0, BytePairs.Ties.BY_NUMBER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("minFrequency", "0");
    assertThatThrownBy(() -> BytePairs.visible(256))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("b", "256");
  }

  @Test
  void everyByteHasACharacterOfItsOwn() {
    List<Character> all =
        java.util.stream.IntStream.range(0, 256).mapToObj(BytePairs::visible).toList();
    assertThat(all).doesNotHaveDuplicates().allMatch(c -> c > ' ' && c != 0x7f);
    assertThat(BytePairs.visible('a')).isEqualTo('a');
    assertThat(BytePairs.visible(' ')).isEqualTo('\u0120');
    assertThat(BytePairs.visible('\n')).isEqualTo('\u010a');
  }
}
