package org.safety4j.core.nn;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.UnsupportedModel;

/** Activation functions, by the names that configurations use. */
public enum Activation {
  /** x times the normal distribution function of x. */
  GELU("torch.gelu(x, approximate=\"none\")", "gelu", "gelu_python"),
  /** GELU with the distribution function approximated by a hyperbolic tangent. */
  GELU_TANH(
      "torch.gelu(x, approximate=\"tanh\")",
      "gelu_new",
      "gelu_pytorch_tanh",
      "gelu_fast",
      "gelu_accurate"),
  /** x times the logistic function of 1.702 x. */
  QUICK_GELU("x * torch.sigmoid(1.702 * x)", "quick_gelu"),
  /** The positive part of x. */
  RELU("torch.relu(x)", "relu"),
  /** x times the logistic function of x. */
  SILU("torch.silu(x)", "silu", "swish"),
  /** The hyperbolic tangent. */
  TANH("torch.tanh(x)", "tanh");

  private final String expression;
  private final List<String> names;

  Activation(String expression, String... names) {
    this.expression = expression;
    this.names = List.of(names);
  }

  /**
   * Finds an activation.
   *
   * @param name its name in a configuration, such as {@code gelu_new}
   * @return the activation
   * @throws UnsupportedModel if there is none of this name; the message lists those there are
   */
  public static Activation of(String name) {
    for (Activation activation : values()) {
      if (activation.names.contains(name)) {
        return activation;
      }
    }
    List<String> known = Arrays.stream(values()).flatMap(a -> a.names.stream()).toList();
    throw new UnsupportedModel(
        "activation \""
            + name
            + "\" is not supported"
            + NearNames.hint(name, known)
            + "; supported are "
            + known.stream().sorted().collect(Collectors.joining(", ")));
  }

  /**
   * Returns the name that configurations are written with.
   *
   * @return the first of its names
   */
  public String configName() {
    return names.get(0);
  }

  /**
   * Returns the function as it stands in a program, of the variable {@code x}.
   *
   * @return a TorchScript expression
   */
  public String expression() {
    return expression;
  }
}
