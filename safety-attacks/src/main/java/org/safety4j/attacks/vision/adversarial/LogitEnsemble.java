package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;

/**
 * Several classifiers as one, whose logits are the mean of theirs: a surrogate that images transfer
 * from more often than from any of its members.
 *
 * <p>Layers are named {@code number:layer} with the member's number from 0. Safe for several
 * threads if the members are.
 */
public final class LogitEnsemble implements ImageClassifier.White {
  private final List<ImageClassifier.White> members;

  private LogitEnsemble(List<ImageClassifier.White> members) {
    this.members = List.copyOf(members);
    Require.notEmpty("members", members);
    for (ImageClassifier.White member : members) {
      Require.that(
          member.classes() == members.get(0).classes()
              && member.inputShape().equals(members.get(0).inputShape()),
          "members must have the same classes and input shape; "
              + member.card().name()
              + " differs from "
              + members.get(0).card().name());
    }
  }

  /**
   * Joins classifiers.
   *
   * @param members at least one, all with the same classes and input shape; stay the caller's
   * @return the ensemble; closing it does nothing
   */
  public static LogitEnsemble of(List<ImageClassifier.White> members) {
    return new LogitEnsemble(members);
  }

  @Override
  public NDArray logits(NDArray images) {
    try (Scope scope = Scope.open()) {
      NDArray sum = members.get(0).logits(images);
      for (ImageClassifier.White member : members.subList(1, members.size())) {
        sum = sum.add(member.logits(images));
      }
      return scope.keep(sum.div(members.size()));
    }
  }

  @Override
  public Linearized linearize(NDArray images) {
    List<Linearized> parts = new ArrayList<>();
    for (ImageClassifier.White member : members) {
      parts.add(member.linearize(images));
    }
    NDArray mean;
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      NDArray sum = parts.get(0).logits();
      for (Linearized part : parts.subList(1, parts.size())) {
        sum = sum.add(part.logits());
      }
      mean = scope.keep(sum.div(parts.size()));
    }
    return new Mean(parts, mean);
  }

  private record Mean(List<Linearized> parts, NDArray logits) implements Linearized {
    @Override
    public NDArray pullback(NDArray cotangent) {
      try (Scope scope = Scope.open();
          GradMode mode = GradMode.off()) {
        NDArray share = cotangent.div(parts.size());
        NDArray sum = parts.get(0).pullback(share);
        for (Linearized part : parts.subList(1, parts.size())) {
          sum = sum.add(part.pullback(share));
        }
        return scope.keep(sum);
      }
    }

    @Override
    public void close() {
      logits.close();
      parts.forEach(Linearized::close);
    }
  }

  @Override
  public List<String> layers() {
    List<String> layers = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      for (String layer : members.get(i).layers()) {
        layers.add(i + ":" + layer);
      }
    }
    return layers;
  }

  @Override
  public NDArray features(NDArray images, String layer) {
    if (!layers().contains(layer)) {
      throw new IllegalArgumentException(
          "no layer \"" + layer + "\", only " + layers() + NearNames.hint(layer, layers()));
    }
    int colon = layer.indexOf(':');
    int member = Integer.parseInt(layer.substring(0, colon));
    return members.get(member).features(images, layer.substring(colon + 1));
  }

  @Override
  public int classes() {
    return members.get(0).classes();
  }

  @Override
  public Shape inputShape() {
    return members.get(0).inputShape();
  }

  @Override
  public NDManager manager() {
    return members.get(0).manager();
  }

  @Override
  public ModelCard card() {
    String names = members.stream().map(m -> m.card().name()).collect(Collectors.joining("+"));
    long parameters = members.stream().mapToLong(m -> m.card().parameters()).sum();
    return new ModelCard(names, "mean of logits", parameters, "ensemble", "");
  }

  @Override
  public void close() {}
}
