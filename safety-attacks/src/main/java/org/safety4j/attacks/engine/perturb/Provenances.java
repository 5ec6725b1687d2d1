package org.safety4j.attacks.engine.perturb;

import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.Model;
import org.safety4j.core.run.Provenance;
import org.safety4j.core.run.Run;

/** Fills in where a result comes from. */
public final class Provenances {
  private Provenances() {}

  /**
   * Describes a run.
   *
   * @param info the method
   * @param config its configuration
   * @param model what was attacked
   * @param input the data
   * @param run the run
   * @return the provenance
   */
  public static Provenance of(
      MethodInfo info, Object config, Model model, LabeledImages input, Run run) {
    return new Provenance(
        info.id(),
        String.valueOf(config),
        run.seed(),
        model.card().name(),
        input.name() + " " + input.checksum(),
        Provenance.describeEnvironment(),
        run.started());
  }
}
