package org.safety4j.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ElementTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "<script>alert(1)</script>",
        "</title><img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>",
        "' onmouseover='alert(1)",
        "--><b>",
        "]]><b>",
        "`onload=alert(1)`"
      })
  void textAndAttributesNeverBecomeMarkup(String payload) {
    String out = Element.of("p").attr("title", payload).text(payload).toString();
    String inside = out.substring(3, out.length() - 4);
    assertThat(inside.replaceFirst("^title=\"[^\"<>]*\">", ""))
        .doesNotContain("<", ">", "\"", "'", "`");
    assertThat(inside).startsWith("title=\"");
  }

  @Test
  void ampersandsAreEscapedOnce() {
    assertThat(Element.of("p").text("a & b &lt;")).hasToString("<p>a &amp; b &amp;lt;</p>");
  }

  @Test
  void controlCharactersDirectionOverridesAndLoneSurrogatesShow() {
    assertThat(Element.escape("a\u0000b\u202Ec\uD800d\u0007")).isEqualTo("a�b�c�d�");
    assertThat(Element.escape("tab\tnew\nline ü 漢 😀")).isEqualTo("tab\tnew\nline ü 漢 😀");
  }

  @Test
  void handlersScriptsAndMadeUpTagsAreRefused() {
    assertThatThrownBy(() -> Element.of("p").attr("onclick", "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Element.of("p").attr("OnClick", "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Element.of("script")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Element.of("b><i")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Element.style("</style><script>"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void markdownCellsCannotLeaveTheirTable() {
    assertThat(Markdown.escape("a|b\n# c <i>*x*</i> [l](u)"))
        .isEqualTo("a\\|b \\# c &lt;i&gt;\\*x\\*&lt;/i&gt; \\[l\\](u)");
  }
}
