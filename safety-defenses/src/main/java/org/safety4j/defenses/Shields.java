package org.safety4j.defenses;

import java.util.List;
import java.util.stream.Collectors;
import org.safety4j.core.defense.ImageShield;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.defense.Shield;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;

/**
 * Stacks shields. The first one listed sees the input first.
 *
 * <pre>{@code
 * Shields.stack(JpegCompression.quality(75), BitDepth.bits(4)).apply(model, Run.seed(0));
 * }</pre>
 */
public final class Shields {
  private Shields() {}

  /**
   * Stacks shields that keep gradients.
   *
   * @param shields the shields, at least one
   * @return one shield that keeps gradients
   */
  public static ImageShield.Differentiable stack(ImageShield.Differentiable... shields) {
    return new DifferentiableStack(new Stack(List.of(shields)));
  }

  /**
   * Stacks shields of which some keep no gradients.
   *
   * @param shields the shields, at least one
   * @return one shield that offers at most scores
   */
  public static ImageShield stack(ImageShield... shields) {
    return new Stack(List.of(shields));
  }

  /** Several shields as one. Each part draws its randomness by its place. */
  private record Stack(List<ImageShield> shields) implements ImageShield {
    Stack {
      Require.notEmpty("shields", shields);
    }

    private static MethodInfo describe(List<? extends Shield<?>> shields) {
      MethodInfo first = shields.get(0).info();
      List<MethodInfo> all = shields.stream().map(s -> s.info()).toList();
      return new MethodInfo(
          all.stream().map(MethodInfo::id).collect(Collectors.joining("-then-")),
          all.stream().map(MethodInfo::name).collect(Collectors.joining(", then ")),
          first.kind(),
          first.family(),
          first.threat(),
          first.category(),
          all.stream().map(MethodInfo::access).max(Enum::compareTo).orElseThrow(),
          first.citation(),
          all.stream().flatMap(i -> i.deviations().stream()).distinct().toList(),
          all.stream().flatMap(i -> i.adaptiveAttacks().stream()).distinct().toList());
    }

    @Override
    public MethodInfo info() {
      return describe(shields);
    }

    @Override
    public Class<? extends ImageClassifier.Black> keeps(ImageClassifier.Black model) {
      Class<? extends ImageClassifier.Black> lowest = shields.get(0).keeps(model);
      for (ImageShield shield : shields) {
        Class<? extends ImageClassifier.Black> kept = shield.keeps(model);
        if (Access.of(kept).compareTo(Access.of(lowest)) < 0) {
          lowest = kept;
        }
      }
      return lowest;
    }

    @Override
    public <M extends ImageClassifier.Black> Protected<M> apply(M model, Class<M> rung, Run run) {
      M inner = model;
      for (int i = shields.size() - 1; i >= 0; i--) {
        inner = shields.get(i).apply(inner, rung, run.part("shield-" + i)).model();
      }
      return Protected.view(this, model, inner, rung);
    }
  }

  private record DifferentiableStack(Stack stack) implements ImageShield.Differentiable {
    @Override
    public MethodInfo info() {
      return stack.info();
    }

    @Override
    public Class<? extends ImageClassifier.Black> keeps(ImageClassifier.Black model) {
      return stack.keeps(model);
    }

    @Override
    public <M extends ImageClassifier.Black> Protected<M> apply(M model, Class<M> rung, Run run) {
      Protected<M> inner = stack.apply(model, rung, run);
      return Protected.view(this, model, inner.model(), rung);
    }
  }
}
