package org.safety4j.defenses.engine.certify;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Linearized;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TrainableClassifier;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * A classifier whose layers are known, so that bounds can be propagated through them: linear,
 * convolutional, scaled, rectified. Trainable. Owns its weights.
 *
 * <pre>{@code
 * LayeredNetwork network = LayeredNetwork.builder("small", new Shape(1, 8, 8))
 *     .convolution(16, 3, 2, 1).relu().flatten().linear(64).relu().linear(10)
 *     .build(run.rng());
 * }</pre>
 *
 * <p>Safe for use by several threads unless it is being trained.
 */
public final class LayeredNetwork implements TrainableClassifier {
  private final NDManager manager;
  private final ModelCard card;
  private final Shape inputShape;
  private final List<Layer> layers;
  private final List<Shape> shapes;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final Map<String, NDArray> buffers = new LinkedHashMap<>();

  private LayeredNetwork(String name, Shape inputShape, List<Layer> given) {
    this.inputShape = inputShape;
    this.shapes = shapes(inputShape, given);
    this.manager = Tensors.newManager();
    List<Layer> own = new ArrayList<>();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      for (int i = 0; i < given.size(); i++) {
        own.add(copy(given.get(i), i, scope));
      }
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
    this.layers = List.copyOf(own);
    long size = parameters.values().stream().mapToLong(NDArray::size).sum();
    this.card = new ModelCard(name, "LayeredNetwork", size, "", "");
  }

  private static List<Shape> shapes(Shape inputShape, List<Layer> layers) {
    Require.that(inputShape.dimension() == 3, "inputShape must be [C, H, W], was " + inputShape);
    Require.notEmpty("layers", layers);
    List<Shape> shapes = new ArrayList<>(List.of(inputShape));
    for (Layer layer : layers) {
      shapes.add(layer.output(shapes.get(shapes.size() - 1)));
    }
    Shape last = shapes.get(shapes.size() - 1);
    Require.that(
        last.dimension() == 1 && last.get(0) >= 2,
        "the last layer must give a score for each of at least 2 classes, gives " + last);
    return List.copyOf(shapes);
  }

  private Layer copy(Layer layer, int i, Scope scope) {
    if (layer instanceof Layer.Linear l) {
      return new Layer.Linear(
          own(parameters, i + ".weight", l.weight(), scope),
          own(parameters, i + ".bias", l.bias(), scope));
    }
    if (layer instanceof Layer.Convolution c) {
      return new Layer.Convolution(
          own(parameters, i + ".weight", c.weight(), scope),
          own(parameters, i + ".bias", c.bias(), scope),
          c.stride(),
          c.padding());
    }
    if (layer instanceof Layer.Scale s) {
      return new Layer.Scale(
          own(buffers, i + ".factor", s.factor(), scope),
          own(buffers, i + ".shift", s.shift(), scope));
    }
    return layer;
  }

  private NDArray own(Map<String, NDArray> into, String name, NDArray array, Scope scope) {
    Require.that(
        array.getDataType() == DataType.FLOAT32,
        name + " must be float32, was " + array.getDataType());
    NDArray copy = scope.keep(Ops.copy(array), manager);
    into.put(name, copy);
    return copy;
  }

  /**
   * Makes a network of given layers. Their arrays are copied.
   *
   * @param name a short name, used in reports
   * @param inputShape shape of one image, {@code [C, H, W]}
   * @param layers the layers, in order; at least one
   * @return the network, to be closed by the caller
   * @throws IllegalArgumentException if the layers do not fit one another
   */
  public static LayeredNetwork of(String name, Shape inputShape, List<Layer> layers) {
    return new LayeredNetwork(name, inputShape, layers);
  }

  /**
   * Starts an untrained network.
   *
   * @param name a short name, used in reports
   * @param inputShape shape of one image, {@code [C, H, W]}
   * @return a builder
   */
  public static Builder builder(String name, Shape inputShape) {
    return new Builder(name, inputShape);
  }

  /**
   * Returns the layers with their live weights.
   *
   * @return the layers, in order
   */
  public List<Layer> network() {
    return layers;
  }

  /**
   * Returns the shapes between the layers.
   *
   * @return the input's shape, then the shape behind every layer, without the batch axis
   */
  public List<Shape> shapes() {
    return shapes;
  }

  @Override
  public NDArray forward(NDArray images, boolean training) {
    NDArray x = Tensors.requireImages(images);
    for (Layer layer : layers) {
      x = LayerPrograms.apply(layer, x);
    }
    return x;
  }

  @Override
  public Map<String, NDArray> parameters() {
    return java.util.Collections.unmodifiableMap(parameters);
  }

  @Override
  public Map<String, NDArray> buffers() {
    return java.util.Collections.unmodifiableMap(buffers);
  }

  @Override
  public NDArray logits(NDArray images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      return scope.keep(forward(images, false));
    }
  }

  @Override
  public Linearized linearize(NDArray images) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on()) {
      NDArray leaf = Grad.leaf(images);
      return new Graph(scope, leaf, forward(leaf, false));
    }
  }

  /** A forward pass with its graph. */
  private static final class Graph implements Linearized {
    private final NDArray leaf;
    private final NDArray recorded;
    private final NDArray logits;

    Graph(Scope scope, NDArray leaf, NDArray recorded) {
      this.leaf = scope.keep(leaf);
      this.recorded = scope.keep(recorded);
      this.logits = scope.keep(Grad.detach(recorded));
    }

    @Override
    public NDArray logits() {
      return logits;
    }

    @Override
    public NDArray pullback(NDArray cotangent) {
      return Grad.vjp(recorded, leaf, cotangent);
    }

    @Override
    public void close() {
      leaf.close();
      recorded.close();
      logits.close();
    }
  }

  @Override
  public List<String> layers() {
    return IntStream.range(0, layers.size())
        .mapToObj(
            i ->
                i
                    + "."
                    + layers.get(i).getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT))
        .toList();
  }

  @Override
  public NDArray features(NDArray images, String layer) {
    int last = layers().indexOf(layer);
    Require.that(last >= 0, "no layer \"" + layer + "\"; there are " + layers());
    try (Scope scope = Scope.open()) {
      NDArray x = Tensors.requireImages(images);
      for (int i = 0; i <= last; i++) {
        x = LayerPrograms.apply(layers.get(i), x);
      }
      return scope.keep(x);
    }
  }

  @Override
  public int classes() {
    return Math.toIntExact(shapes.get(shapes.size() - 1).get(0));
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
  public ModelCard card() {
    return card;
  }

  @Override
  public void close() {
    manager.close();
  }

  /** Puts an untrained network together, with normal weights of He's variance and zero biases. */
  public static final class Builder {
    private interface Plan {
      Layer layer(Shape input, NDManager manager, Rng rng);
    }

    private final String name;
    private final Shape inputShape;
    private final List<Plan> plans = new ArrayList<>();

    private Builder(String name, Shape inputShape) {
      this.name = name;
      this.inputShape = inputShape;
    }

    private static NDArray weight(NDManager manager, Rng rng, Shape shape) {
      double fanIn = (double) shape.size() / shape.get(0);
      return rng.normal(manager, shape).mul((float) Math.sqrt(2 / fanIn));
    }

    /**
     * Adds a fully connected layer.
     *
     * @param outputs how many numbers it gives, at least 1
     * @return this builder
     */
    public Builder linear(int outputs) {
      Require.atLeast("outputs", outputs, 1);
      plans.add(
          (input, manager, rng) ->
              new Layer.Linear(
                  weight(manager, rng, new Shape(outputs, input.get(0))),
                  manager.zeros(new Shape(outputs))));
      return this;
    }

    /**
     * Adds a convolution.
     *
     * @param channels how many channels it gives, at least 1
     * @param kernel side of its window, at least 1
     * @param stride pixels between windows, at least 1
     * @param padding zero pixels on every side, at least 0
     * @return this builder
     */
    public Builder convolution(int channels, int kernel, int stride, int padding) {
      Require.atLeast("channels", channels, 1);
      Require.atLeast("kernel", kernel, 1);
      plans.add(
          (input, manager, rng) ->
              new Layer.Convolution(
                  weight(manager, rng, new Shape(channels, input.get(0), kernel, kernel)),
                  manager.zeros(new Shape(channels)),
                  stride,
                  padding));
      return this;
    }

    /**
     * Adds a normalisation with constants, {@code (x - mean) / std}, the same for all channels.
     *
     * @param mean what is subtracted
     * @param std what is divided by, greater than 0
     * @return this builder
     */
    public Builder normalize(double mean, double std) {
      Require.positive("std", std);
      plans.add(
          (input, manager, rng) -> {
            Shape channels = new Shape(input.get(0));
            return new Layer.Scale(
                manager.ones(channels).mul((float) (1 / std)),
                manager.ones(channels).mul((float) (-mean / std)));
          });
      return this;
    }

    /**
     * Adds rectified linear units.
     *
     * @return this builder
     */
    public Builder relu() {
      plans.add((input, manager, rng) -> new Layer.Relu());
      return this;
    }

    /**
     * Lays samples out as vectors.
     *
     * @return this builder
     */
    public Builder flatten() {
      plans.add((input, manager, rng) -> new Layer.Flatten());
      return this;
    }

    /**
     * Draws the weights.
     *
     * @param rng where the weights come from
     * @return the network, to be closed by the caller
     * @throws IllegalArgumentException if the layers do not fit one another
     */
    public LayeredNetwork build(Rng rng) {
      try (NDManager temporary = Tensors.newManager();
          GradMode mode = GradMode.off()) {
        List<Layer> layers = new ArrayList<>();
        Shape shape = inputShape;
        for (int i = 0; i < plans.size(); i++) {
          layers.add(plans.get(i).layer(shape, temporary, rng.derive(i)));
          shape = layers.get(i).output(shape);
        }
        return new LayeredNetwork(name, inputShape, layers);
      }
    }
  }
}
