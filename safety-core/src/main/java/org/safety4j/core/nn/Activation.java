package org.safety4j.core.nn;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.tensor.torch.TorchEngine;
import org.safety4j.core.tensor.torch.TorchProgram;

/** Activation functions, by the names that configurations use. */
public enum Activation {
  /** x times the normal distribution function of x. */
  GELU("self.gelu(x)", "gelu", "gelu_python"),
  /** GELU with the distribution function approximated by a hyperbolic tangent. */
  GELU_TANH("self.gelu_tanh(x)", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate"),
  /** x times the logistic function of 1.702 x. */
  QUICK_GELU("x * self.logistic(1.702 * x)", "quick_gelu"),
  /** The positive part of x. */
  RELU("torch.relu(x)", "relu"),
  /** x times the logistic function of x. */
  SILU("self.silu(x)", "silu", "swish"),
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
   * Gives the methods that expressions call as text, to be put before that of a program.
   *
   * @return the text, for the engine's number of threads
   */
  public static String text() {
    return TorchProgram.text(Activation.class, "activation.torch.py")
        .replace("${THREADS}", Integer.toString(TorchEngine.threads()));
  }

  /**
   * Returns the function as it stands in a program with {@link #text()}, of the variable {@code x}.
   *
   * @return a TorchScript expression
   */
  public String expression() {
    return expression;
  }
}
