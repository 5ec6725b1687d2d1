package org.safety4j.core.tensor.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.file.Path;
import org.safety4j.core.error.InvalidModelFile;

/**
 * A TorchScript file as a function that can be differentiated: in evaluation mode, weights frozen,
 * and loaded so that its tensors may take part in a graph.
 *
 * <p>Several threads may call at once.
 */
public final class TorchScriptModule implements AutoCloseable {
  private final NDManager manager;
  private final PtSymbolBlock block;
  private final long parameters;

  private TorchScriptModule(NDManager manager, PtSymbolBlock block, long parameters) {
    this.manager = manager;
    this.block = block;
    this.parameters = parameters;
  }

  /**
   * Loads a file. It is code and runs when called: take it from those you trust.
   *
   * @param file the file
   * @return the module, to be closed by the caller
   * @throws InvalidModelFile if libtorch cannot load it; the message has its reason
   */
  public static TorchScriptModule load(Path file) {
    PtNDManager manager = (PtNDManager) TorchEngine.newManager();
    try {
      // Without "trainable" the weights would be inference tensors, which no graph accepts.
      PtSymbolBlock block =
          JniUtils.loadModule(manager, file, false, new String[0], new String[0], true);
      JniUtils.enableInferenceMode(block);
      NDList weights = JniUtils.moduleGetParams(block, manager);
      long count = 0;
      for (NDArray weight : weights) {
        NDScope.unregister(weight);
        count += weight.size();
        if (weight.getDataType().isFloating()) {
          weight.setRequiresGradient(false);
        }
      }
      return new TorchScriptModule(manager, block, count);
    } catch (EngineException e) {
      manager.close();
      throw new InvalidModelFile(
          file + ": libtorch cannot load it: " + reason(e) + "; was it saved by torch.jit.save?",
          e);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** libtorch's messages go on with its own stack trace. */
  private static String reason(EngineException e) {
    String message = String.valueOf(e.getMessage()).strip();
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }

  /**
   * Calls the module's forward method, as part of the graph that the calling thread records.
   *
   * @param input its only argument
   * @return its result, or the first of its results
   */
  public NDArray forward(NDArray input) {
    TorchProgram.PLAIN_EXECUTOR.get();
    String name = input.getName();
    input.setName(null);
    try {
      NDList results = IValueUtils.forward(block, new NDList(input), true);
      for (int i = 1; i < results.size(); i++) {
        results.get(i).close();
      }
      return results.get(0);
    } finally {
      input.setName(name);
    }
  }

  /**
   * Returns the manager that the weights hang on.
   *
   * @return the module's manager
   */
  public NDManager manager() {
    return manager;
  }

  /**
   * Returns the number of the weights' elements.
   *
   * @return the number
   */
  public long parameters() {
    return parameters;
  }

  /** Frees the module and its weights. */
  @Override
  public void close() {
    block.close();
    manager.close();
  }
}
