package org.safety4j.core.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.error.NoSuchMethod;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;

class CatalogTest {
  private static MethodProvider.Entry entry(String id) {
    MethodInfo info =
        MethodInfo.attack(id, ImageClassifier.White.class)
            .named(id.toUpperCase(java.util.Locale.ROOT))
            .category("White-box / First-order")
            .cites("Me", "A title", "A venue", 2020)
            .build();
    return new MethodProvider.Entry(info, "class.of." + id, () -> () -> info);
  }

  private static final Catalog CATALOG =
      Catalog.of(
          List.of(
              () -> List.of(entry("core-pgd"), entry("core-fgsm")),
              () -> List.of(entry("llm-gcg"))));

  @Test
  void listsMethodsOfAllProvidersById() {
    assertThat(CATALOG.list())
        .extracting(e -> e.info().id())
        .containsExactly("core-fgsm", "core-pgd", "llm-gcg");
  }

  @Test
  void findsAndMakesAMethod() {
    MethodProvider.Entry found = CATALOG.find("core-pgd");
    assertThat(found.info().citation()).hasToString("Me: A title. A venue, 2020");
    assertThat(found.info().access()).isEqualTo(Access.WHITE_BOX);
    assertThat(found.create().get().info()).isEqualTo(found.info());
  }

  @Test
  void unknownIdIsAnErrorWithNearNames() {
    assertThatThrownBy(() -> CATALOG.find("llm-gcc"))
        .isInstanceOf(NoSuchMethod.class)
        .hasMessage("no method \"llm-gcc\"; near: \"llm-gcg\"");
    assertThatThrownBy(() -> CATALOG.find("zzzzzzzzzzzz"))
        .isInstanceOf(NoSuchMethod.class)
        .hasMessage("no method \"zzzzzzzzzzzz\"");
  }

  @Test
  void oneIdTwiceIsAnErrorThatNamesBothClasses() {
    assertThatThrownBy(
            () -> Catalog.of(List.of(() -> List.of(entry("core-pgd"), entry("core-pgd")))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("core-pgd")
        .hasMessageContaining("class.of.core-pgd");
  }

  @Test
  void descriptionsNeedACitationAndAProperId() {
    assertThatThrownBy(() -> MethodInfo.attack("x", ImageClassifier.White.class).build())
        .hasMessageContaining("must cite its source");
    assertThatThrownBy(
            () ->
                MethodInfo.attack("Core PGD", ImageClassifier.White.class)
                    .cites("Me", 2020)
                    .build())
        .hasMessageContaining("lower-case words joined by hyphens");
  }
}
