package org.safety4j.core.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.tensor.torch.OwnedMemory;

/**
 * Frees every array that the calling thread makes while the scope is open, whatever manager it
 * hangs on, except what is kept.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open()) {
 *   NDArray step = gradient.sign().mul(alpha);
 *   return scope.keep(x.add(step), manager);   // everything else is freed here
 * }
 * }</pre>
 *
 * <p>Gradients are recorded inside a scope: there, numbers and arrays that come from Java own their
 * memory, so that a graph may hold them after they are closed.
 *
 * <p>Scopes nest: what an inner scope keeps belongs to the next outer one. A scope is closed by the
 * thread that opened it.
 */
public final class Scope implements AutoCloseable {
  private final NDScope inner = OwnedMemory.watch(new NDScope());
  private final List<NDArray> kept = new ArrayList<>();

  private Scope() {}

  /**
   * Opens a scope on the calling thread.
   *
   * @return the scope, to be closed by the same thread
   */
  public static Scope open() {
    return new Scope();
  }

  /**
   * Lets an array outlive this scope.
   *
   * @param <A> {@link NDArray}, or null
   * @param array the array; null is allowed and ignored
   * @return the same array
   */
  public <A extends NDArray> A keep(A array) {
    if (array != null) {
      kept.add(array);
    }
    return array;
  }

  /**
   * Lets an array outlive this scope, on another manager.
   *
   * @param array the array
   * @param owner the manager that it hangs on from now on
   * @return the same array
   */
  public NDArray keep(NDArray array, NDManager owner) {
    array.attach(owner);
    return keep(array);
  }

  /**
   * Lets arrays outlive this scope.
   *
   * @param arrays the arrays
   * @return the same list
   */
  public NDList keep(NDList arrays) {
    arrays.forEach(this::keep);
    return arrays;
  }

  /**
   * Hands an array over to a manager for good: neither this scope nor an outer one frees it, only
   * the manager does.
   *
   * @param array an array made since this scope, the innermost one, was opened
   * @param owner the manager that it hangs on from now on
   * @return the same array
   */
  public NDArray release(NDArray array, NDManager owner) {
    array.attach(owner);
    NDScope.unregister(array);
    return array;
  }

  /** Frees what was made and not kept. */
  @Override
  public void close() {
    kept.forEach(NDScope::unregister);
    inner.close();
    kept.forEach(NDScope::register);
  }
}
