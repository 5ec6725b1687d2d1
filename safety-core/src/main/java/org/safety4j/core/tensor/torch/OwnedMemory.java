package org.safety4j.core.tensor.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Keeps recorded graphs from reading memory that Java has freed.
 *
 * <p>An array that is made from Java values, such as the 2 in {@code x.mul(2)}, shares the memory
 * of a Java buffer. The engine lets that buffer go when the array is closed, although a graph may
 * still hold the array for its backward pass; after the next garbage collection the gradient is
 * computed from whatever stands there then. So while gradients are recorded, such arrays get native
 * memory of their own at the moment they are made.
 */
public final class OwnedMemory {
  private static final VarHandle SCOPED;
  private static final VarHandle BUFFER;

  static {
    try {
      MethodHandles.Lookup scopes =
          MethodHandles.privateLookupIn(NDScope.class, MethodHandles.lookup());
      SCOPED = scopes.findVarHandle(NDScope.class, "resources", IdentityHashMap.class);
      MethodHandles.Lookup arrays =
          MethodHandles.privateLookupIn(PtNDArray.class, MethodHandles.lookup());
      BUFFER = arrays.findVarHandle(PtNDArray.class, "dataRef", ByteBuffer.class);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "this version of DJL keeps arrays in another way; use the one that the library names", e);
    }
  }

  private OwnedMemory() {}

  private static final class Holder {
    static final TorchProgram PROGRAM =
        TorchProgram.compile(
            "own",
            "def own(self, x: Tensor) -> List[Tensor]:\n"
                + "  x.set_(torch.clone(x))\n"
                + "  return []\n",
            Map.of());
  }

  /**
   * Watches a scope: arrays that are made from Java values in it, while gradients are recorded, own
   * their memory.
   *
   * @param scope a scope that is still empty
   * @return the same scope
   */
  public static NDScope watch(NDScope scope) {
    SCOPED.set(scope, new Watched());
    return scope;
  }

  /** What a scope has registered; called when an array is made. */
  private static final class Watched extends IdentityHashMap<NDArray, NDArray> {
    private static final long serialVersionUID = 1L;

    @Override
    public NDArray put(NDArray array, NDArray same) {
      NDArray before = super.put(array, same);
      if (array instanceof PtNDArray made && BUFFER.get(made) != null && JniUtils.isGradMode()) {
        TorchProgram program = Holder.PROGRAM;
        if (program != null) { // null while that program itself is compiled
          program.all("own", made);
          BUFFER.set(made, (ByteBuffer) null);
        }
      }
      return before;
    }
  }
}
