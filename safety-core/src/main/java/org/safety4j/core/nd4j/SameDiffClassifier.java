package org.safety4j.core.nd4j;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.tensor.Tensors;

/**
 * A SameDiff graph as an image classifier with gradients, so that every attack runs on it
 * unchanged.
 *
 * <p>The graph takes images through a placeholder and gives logits; one placeholder for the
 * cotangent and the inner product with it are added to it once. Normalisation is the graph's own
 * business. A pullback runs the graph forwards and backwards, since SameDiff does not hold a
 * forward pass.
 *
 * <p>Calls are serialised: SameDiff keeps state in its session. The graph stays the caller's.
 */
public final class SameDiffClassifier implements ImageClassifier.White {
  private static final String COTANGENT = "safety4j_cotangent";
  private static final String INNER = "safety4j_inner_product";

  private final SameDiff graph;
  private final String input;
  private final String logits;
  private final Shape inputShape;
  private final int classes;
  private final ModelCard card;
  private final NDManager manager = Tensors.newManager();

  private SameDiffClassifier(
      String name, SameDiff graph, String input, String logits, Shape inputShape, int classes) {
    this.graph = graph;
    this.input = input;
    this.logits = logits;
    this.inputShape = inputShape;
    this.classes = classes;
    long parameters = 0;
    for (SDVariable v : graph.variables()) {
      if (v.getVariableType() == org.nd4j.autodiff.samediff.VariableType.VARIABLE) {
        parameters += v.getArr().length();
      }
    }
    this.card = new ModelCard(name, "SameDiff", parameters, "SameDiff graph", "");
  }

  /**
   * Wraps a graph.
   *
   * @param name a short name, used in reports
   * @param graph the graph; gets a placeholder {@code safety4j_cotangent} and a variable for its
   *     inner product
   * @param input the placeholder of the images, FLOAT {@code [N, C, H, W]}
   * @param logits the variable of the logits, {@code [N, K]}
   * @param inputShape shape of one image, {@code [C, H, W]}
   * @param classes number of classes K, at least 2
   * @return the classifier, to be closed by the caller
   * @throws IllegalArgumentException if the graph has no such variables; the message lists near
   *     names
   * @throws org.safety4j.core.error.NativeUnavailable if ND4J is not on the class path
   */
  public static SameDiffClassifier of(
      String name, SameDiff graph, String input, String logits, Shape inputShape, int classes) {
    Nd4jArrays.start();
    Require.atLeast("classes", classes, 2);
    Require.that(inputShape.dimension() == 3, "inputShape must be [C, H, W], was " + inputShape);
    for (String variable : List.of(input, logits)) {
      Require.that(
          graph.hasVariable(variable),
          "the graph has no variable \""
              + variable
              + "\""
              + NearNames.hint(variable, graph.variableMap().keySet()));
    }
    SDVariable placeholder = graph.getVariable(input);
    Require.that(
        placeholder.isPlaceHolder(), "\"" + input + "\" must be a placeholder of the graph");
    if (!graph.hasVariable(INNER)) {
      SDVariable cotangent = graph.placeHolder(COTANGENT, DataType.FLOAT, -1, classes);
      SDVariable inner = graph.getVariable(logits).mul(cotangent).sum(INNER);
      inner.markAsLoss();
      graph.setLossVariables(INNER);
      graph.createGradFunction(input);
    }
    return new SameDiffClassifier(name, graph, input, logits, inputShape, classes);
  }

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public NDArray logits(NDArray images) {
    return Nd4jArrays.copy(images.getManager(), output(images, logits));
  }

  private INDArray output(NDArray images, String variable) {
    Tensors.requireImages(images);
    synchronized (graph) {
      return graph.output(Map.of(input, Nd4jArrays.copy(images)), variable).get(variable);
    }
  }

  @Override
  public Linearized linearize(NDArray images) {
    NDArray z = logits(images);
    INDArray x = Nd4jArrays.copy(images);
    NDManager owner = images.getManager();
    return new Linearized() {
      @Override
      public NDArray logits() {
        return z;
      }

      @Override
      public NDArray pullback(NDArray cotangent) {
        INDArray gradient;
        synchronized (graph) {
          gradient =
              graph
                  .calculateGradients(
                      Map.of(input, x, COTANGENT, Nd4jArrays.copy(cotangent)), input)
                  .get(input);
        }
        return Nd4jArrays.copy(owner, gradient);
      }

      @Override
      public void close() {
        z.close();
      }
    };
  }

  @Override
  public List<String> layers() {
    return graph.variables().stream()
        .filter(
            v ->
                v.getVariableType() == org.nd4j.autodiff.samediff.VariableType.ARRAY
                    && !v.name().equals(INNER))
        .map(SDVariable::name)
        .toList();
  }

  @Override
  public NDArray features(NDArray images, String layer) {
    Require.that(layers().contains(layer), "no layer \"" + layer + "\"; there are " + layers());
    return Nd4jArrays.copy(images.getManager(), output(images, layer));
  }

  @Override
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public void close() {
    manager.close();
  }
}
