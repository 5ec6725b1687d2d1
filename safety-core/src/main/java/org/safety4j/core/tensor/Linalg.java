package org.safety4j.core.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;
import org.safety4j.core.tensor.torch.TorchProgram;

/** Differentiable linear algebra on matrices {@code [..., M, N]}. */
public final class Linalg {
  private Linalg() {}

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.resource(Linalg.class, "linalg.torch.py", Map.of());
  }

  /**
   * Singular value decomposition, reduced.
   *
   * @param a {@code [..., M, N]}
   * @return U {@code [..., M, K]}, S {@code [..., K]} falling, V transposed {@code [..., K, N]}, K
   *     = min(M, N)
   */
  public static NDList svd(NDArray a) {
    return Holder.PROGRAM.all("svd", a);
  }

  /**
   * QR decomposition, reduced.
   *
   * @param a {@code [..., M, N]}
   * @return Q and R
   */
  public static NDList qr(NDArray a) {
    return Holder.PROGRAM.all("qr", a);
  }

  /**
   * Eigenvalues and eigenvectors of symmetric matrices.
   *
   * @param a {@code [..., N, N]}; its lower triangle is read
   * @return rising eigenvalues {@code [..., N]} and eigenvectors as columns
   */
  public static NDList eigh(NDArray a) {
    return Holder.PROGRAM.all("eigh", a);
  }

  /**
   * Cholesky factor of positive definite matrices.
   *
   * @param a {@code [..., N, N]}
   * @return the lower factor
   */
  public static NDArray cholesky(NDArray a) {
    return Holder.PROGRAM.one("cholesky", a);
  }

  /**
   * Solves {@code a x = b}.
   *
   * @param a {@code [..., N, N]}
   * @param b {@code [..., N, K]}
   * @return x {@code [..., N, K]}
   */
  public static NDArray solve(NDArray a, NDArray b) {
    return Holder.PROGRAM.one("solve", a, b);
  }

  /**
   * Moore-Penrose inverse.
   *
   * @param a {@code [..., M, N]}
   * @return {@code [..., N, M]}
   */
  public static NDArray pinv(NDArray a) {
    return Holder.PROGRAM.one("pinv", a);
  }
}
