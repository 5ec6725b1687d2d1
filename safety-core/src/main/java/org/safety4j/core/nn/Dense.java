package org.safety4j.core.nn;

import java.util.Map;
import org.safety4j.core.tensor.torch.TorchProgram;

/**
 * Dense layers as programs call them: {@code dense(x, w, b)}, {@code onto(r, x, w, b)} and {@code
 * swiglu(x, w)} of rows, where {@code b} may be None, {@code across(w, c)} and {@code
 * swiglu_columns(c, up, down)} of columns; and what activations call.
 */
public final class Dense {
  static final String ANYWHERE = "dense-anywhere.torch.py";
  static final String ONE_DNN = "dense-onednn.torch.py";

  private Dense() {}

  /** Whether this libtorch was built with oneDNN shows when a program that calls it is compiled. */
  private static final class Fastest {
    static final String RESOURCE = compiled(ONE_DNN) ? ONE_DNN : ANYWHERE;

    private static boolean compiled(String resource) {
      try {
        TorchProgram.compile(resource, read(resource), Map.of()).close();
        return true;
      } catch (IllegalArgumentException e) {
        return false;
      }
    }
  }

  /**
   * Gives the methods as text, to be put before the text of a program that calls them.
   *
   * @return the text, by the fastest products that the loaded libtorch knows
   */
  public static String text() {
    return read(Fastest.RESOURCE);
  }

  static String read(String resource) {
    return Activation.text()
        + TorchProgram.text(Dense.class, "dense.torch.py")
        + TorchProgram.text(Dense.class, resource);
  }
}
