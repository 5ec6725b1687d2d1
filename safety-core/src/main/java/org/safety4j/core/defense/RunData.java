package org.safety4j.core.defense;

import org.safety4j.core.run.Run;

/** Takes a defense's data out of a run. */
final class RunData {
  private RunData() {}

  static <D> D need(Run run, Class<D> type, String id) {
    return run.data(type)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    id + " needs " + type.getSimpleName() + "; give it by run.withData(...)"));
  }
}
