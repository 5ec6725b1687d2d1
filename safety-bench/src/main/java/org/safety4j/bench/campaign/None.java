package org.safety4j.bench.campaign;

import org.safety4j.bench.stats.MethodRef;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.defense.Shield;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.Model;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;

/**
 * The pseudo-defense that leaves a model as it is: the positive control of every attack. A campaign
 * includes it whether it is named or not.
 */
public final class None implements Shield<Model> {
  private static final None INSTANCE = new None();

  private None() {}

  /**
   * The pseudo-defense.
   *
   * @return the only instance
   */
  public static None defense() {
    return INSTANCE;
  }

  @Override
  public MethodInfo info() {
    return MethodInfo.defense(MethodRef.NONE, Access.BLACK_BOX)
        .named(MethodRef.NONE)
        .cites("Safety4J", 2026)
        .build();
  }

  @Override
  public Class<Model> requires() {
    return Model.class;
  }

  @Override
  public Class<? extends Model> keeps(Model model) {
    return model.getClass();
  }

  @Override
  @SuppressWarnings("unchecked") // a model's own class is a rung that it keeps
  public Protected<Model> apply(Model artifact, Run run) {
    return apply(artifact, (Class<Model>) artifact.getClass(), run);
  }

  @Override
  public <M extends Model> Protected<M> apply(M model, Class<M> rung, Run run) {
    boolean more = Access.of(model.getClass()).compareTo(Access.of(rung)) > 0;
    M view = more ? Access.restrict(model, rung, Budget.unlimited()) : model;
    return Protected.view(this, model, view, rung);
  }
}
