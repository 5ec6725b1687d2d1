package org.safety4j.bench.campaign;

import java.util.List;
import org.safety4j.core.method.MethodProvider;

/** Registers the test attacks, so that a defense can name one as adaptive. */
public final class TestMethods implements MethodProvider {
  @Override
  public List<Entry> entries() {
    return List.of(
        new Entry(
            Fixtures.Guess.linf(0.5).info(),
            Fixtures.Guess.class.getName(),
            () -> Fixtures.Guess.linf(0.5)));
  }
}
