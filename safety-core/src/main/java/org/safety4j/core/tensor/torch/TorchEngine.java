package org.safety4j.core.tensor.torch;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import org.safety4j.core.error.NativeUnavailable;

/** Starts DJL's PyTorch engine once, offline, and sets the state that the engine keeps a thread. */
public final class TorchEngine {
  private static final String NAME = "PyTorch";

  private static final Set<NDManager> MANAGERS =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private TorchEngine() {}

  private static final class Holder {
    static final Engine ENGINE = start();
  }

  private static Engine start() {
    // No network unless the caller asks: DJL would look for natives and send telemetry otherwise.
    if (System.getProperty("ai.djl.offline") == null && System.getenv("DJL_OFFLINE") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
    if (System.getProperty("OPT_OUT_TRACKING") == null) {
      System.setProperty("OPT_OUT_TRACKING", "true");
    }
    try {
      Engine engine = Engine.getEngine(NAME);
      if (engine == null) {
        throw new NativeUnavailable(
            "DJL's PyTorch engine is not on the class path; add ai.djl.pytorch:pytorch-engine,"
                + " ai.djl.pytorch:pytorch-jni and ai.djl.pytorch:pytorch-native-cpu with the classifier of"
                + " this platform");
      }
      return engine;
    } catch (NativeUnavailable e) {
      throw e;
    } catch (RuntimeException | LinkageError e) {
      throw new NativeUnavailable(
          "The PyTorch natives did not load ("
              + e.getMessage()
              + "); add ai.djl.pytorch:pytorch-native-cpu with the classifier of this platform"
              + " (linux-x86_64, linux-aarch64, osx-aarch64, win-x86_64)",
          e);
    }
  }

  /**
   * Returns the engine, started.
   *
   * @return DJL's PyTorch engine
   * @throws NativeUnavailable if the natives are missing; the message names the artifact
   */
  public static Engine engine() {
    return Holder.ENGINE;
  }

  /**
   * Tells how many threads an operation is shared out among; read once at the engine's start from
   * {@code ai.djl.pytorch.num_threads}, all cores otherwise.
   *
   * @return the number, at least 1
   */
  public static int threads() {
    engine();
    return JniUtils.getNumThreads();
  }

  /**
   * Makes a manager of its own, on the engine's default device.
   *
   * @return a new manager, to be closed by the caller
   */
  public static NDManager newManager() {
    NDManager manager = engine().newBaseManager();
    MANAGERS.add(manager);
    return manager;
  }

  /**
   * Counts the arrays that hang on managers made by {@link #newManager} and are not closed.
   *
   * @return live arrays of the whole process
   */
  public static int liveArrays() {
    int live = 0;
    synchronized (MANAGERS) {
      for (NDManager manager : MANAGERS) {
        live += manager.getManagedArrays().size();
      }
    }
    return live;
  }

  /**
   * Switches gradient recording for the calling thread.
   *
   * @param recording whether operations record a graph
   * @return what it was before
   */
  public static boolean recordGradients(boolean recording) {
    engine();
    boolean before = JniUtils.isGradMode();
    if (before != recording) {
      JniUtils.setGradMode(recording);
    }
    return before;
  }
}
