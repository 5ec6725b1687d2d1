package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.method.Catalog;
import org.safety4j.core.method.Kind;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.method.MethodProvider;

/** What every defense must keep to, whatever it protects. */
public abstract class DefenseContract {
  /** For subclasses. */
  protected DefenseContract() {}

  /**
   * Makes the defense under test.
   *
   * @return the defense
   */
  protected abstract Defense<?, ?> defense();

  /**
   * Tells whether the defense must stand in the catalogue.
   *
   * @return by default true for this library's own packages
   */
  protected boolean catalogued() {
    return defense().getClass().getName().startsWith("org.safety4j.");
  }

  @Test
  final void describesItself() {
    MethodInfo info = defense().info();
    assertThat(info.kind()).isNotEqualTo(Kind.ATTACK);
    assertThat(info.citation().title()).isNotBlank();
    assertThat(defense().requires()).isNotNull();
    if (catalogued()) {
      assertThat(Catalog.method(info.id())).isEqualTo(info);
      MethodProvider.Entry entry =
          Catalog.entries().stream()
              .filter(e -> e.info().id().equals(info.id()))
              .findFirst()
              .orElseThrow();
      assertThat(entry.create().get().info()).isEqualTo(info);
      assertThat(entry.className()).isEqualTo(entry.create().get().getClass().getName());
    }
  }

  @Test
  final void namesTheAttacksThatAdaptToIt() {
    assertThat(defense().info().adaptiveAttacks()).isNotEmpty().doesNotHaveDuplicates();
    for (String id : defense().info().adaptiveAttacks()) {
      assertThat(id).matches("[a-z0-9]+(-[a-z0-9]+)*");
    }
  }
}
