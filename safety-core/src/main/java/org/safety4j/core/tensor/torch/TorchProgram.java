package org.safety4j.core.tensor.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A TorchScript program authored as text and compiled by libtorch when it is loaded.
 *
 * <p>The text holds attribute declarations ({@code weights : Dict[str, Tensor]}, only {@code
 * List[...]} and {@code Dict[...]}, empty until a method sets them) and methods ({@code def
 * forward(self, x: Tensor) -> Tensor: ...}). The language is TorchScript as archives hold it:
 * operators are {@code torch.NAME}, tensor methods work, functions of {@code torch.nn} do not
 * exist. {@code ${NAME}} is replaced by a constant when the program is loaded. Methods may call one
 * another through {@code self}.
 *
 * <p>Methods take tensors, lists of tensors and dictionaries of tensors, and return a tensor or a
 * list or tuple of them. A program may be called from several threads at once, unless a method
 * changes its attributes.
 */
public final class TorchProgram implements AutoCloseable {
  private static final Pattern ATTRIBUTE =
      Pattern.compile("^(\\w+)\\s*:\\s*((?:List|Dict)\\[.*\\])\\s*(?:#.*)?$");
  private static final Pattern CONSTANT = Pattern.compile("\\$\\{(\\w+)}");
  private static final String SELECT = "module_method:";

  /**
   * The executor's optimiser re-specialises a program for every new shape; it is switched off, once
   * a thread.
   */
  static final ThreadLocal<Boolean> PLAIN_EXECUTOR =
      ThreadLocal.withInitial(
          () -> {
            JniUtils.setGraphExecutorOptimize(false);
            return Boolean.TRUE;
          });

  private final String name;
  private final NDManager manager;
  private final PtSymbolBlock block;
  private final Map<String, NDArray> selectors = new LinkedHashMap<>();

  private TorchProgram(String name, NDManager manager, PtSymbolBlock block, List<String> methods) {
    this.name = name;
    this.manager = manager;
    this.block = block;
    for (String method : methods) {
      NDArray selector = Handles.outsideScopes(() -> manager.create(0f));
      selector.setName(SELECT + method);
      selectors.put(method, selector);
    }
  }

  /**
   * Loads a program that stands as a text resource beside a class.
   *
   * @param anchor the class whose package holds the resource
   * @param resource the resource's name, by convention {@code NAME.torch.py}
   * @param constants values for {@code ${NAME}} in the text
   * @return the program, to be closed by the caller
   */
  public static TorchProgram resource(Class<?> anchor, String resource, Map<String, ?> constants) {
    return compile(resource, text(anchor, resource), constants);
  }

  /**
   * Reads a text resource, for programs that are put together from several.
   *
   * @param anchor the class whose package holds the resource
   * @param resource the resource's name
   * @return its text
   */
  public static String text(Class<?> anchor, String resource) {
    try (InputStream in = anchor.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + resource + " beside " + anchor.getName());
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read resource " + resource, e);
    }
  }

  /**
   * Compiles a program.
   *
   * @param name a name for error messages
   * @param source the program's text
   * @param constants values for {@code ${NAME}} in the text
   * @return the program, to be closed by the caller
   * @throws IllegalArgumentException if the text does not compile; the message has libtorch's line
   *     and reason
   */
  public static TorchProgram compile(String name, String source, Map<String, ?> constants) {
    NDManager manager = TorchEngine.newManager();
    try {
      String text = substitute(name, source, constants);
      Map<String, String> attributes = new LinkedHashMap<>();
      StringBuilder code =
          new StringBuilder(
              "class Program(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
      StringBuilder body = new StringBuilder();
      for (String line : text.split("\n", -1)) {
        Matcher attribute = ATTRIBUTE.matcher(line);
        if (attribute.matches()) {
          attributes.put(attribute.group(1), attribute.group(2));
          code.append("  ")
              .append(attribute.group(1))
              .append(" : ")
              .append(attribute.group(2))
              .append('\n');
        } else if (!line.isBlank() && !line.stripLeading().startsWith("#")) {
          body.append("  ").append(line).append('\n');
        }
      }
      code.append(
          body.toString().replaceAll("def (\\w+)\\(self\\b", "def $1(self: __torch__.Program"));
      byte[] archive = ProgramArchive.write(code.toString(), attributes);
      PtSymbolBlock block =
          JniUtils.loadModule(
              (PtNDManager) manager, new ByteArrayInputStream(archive), false, false);
      JniUtils.enableInferenceMode(block);
      return new TorchProgram(name, manager, block, List.of(JniUtils.getMethodNames(block)));
    } catch (RuntimeException e) {
      manager.close();
      throw new IllegalArgumentException(
          "program " + name + " does not compile: " + e.getMessage(), e);
    } catch (IOException e) {
      manager.close();
      throw new UncheckedIOException(e);
    }
  }

  private static String substitute(String name, String source, Map<String, ?> constants) {
    Matcher m = CONSTANT.matcher(source);
    StringBuilder out = new StringBuilder();
    while (m.find()) {
      Object value = constants.get(m.group(1));
      if (value == null) {
        throw new IllegalArgumentException("program " + name + " wants a value for " + m.group());
      }
      m.appendReplacement(out, Matcher.quoteReplacement(literal(value)));
    }
    return m.appendTail(out).toString();
  }

  private static String literal(Object value) {
    if (value instanceof Boolean b) {
      return b ? "True" : "False";
    }
    return value.toString();
  }

  /**
   * Calls a method that returns one tensor.
   *
   * @param method the method's name
   * @param arguments {@link NDArray}, {@link List} of arrays or {@link Map} from string to array,
   *     in the method's order
   * @return the result, attached to the manager of the first array among the arguments
   */
  public NDArray one(String method, Object... arguments) {
    return all(method, arguments).get(0);
  }

  /**
   * Calls a method.
   *
   * <p>The calling thread's gradient mode applies. Arrays that stand in a list or dictionary must
   * not be passed by another thread at the same time: the engine binds them by name.
   *
   * @param method the method's name
   * @param arguments {@link NDArray}, {@link List} of arrays or {@link Map} from string to array,
   *     in the method's order
   * @return the results, attached to the manager of the first array among the arguments
   * @throws IllegalArgumentException if the program has no such method
   */
  public NDList all(String method, Object... arguments) {
    NDArray selector = selectors.get(method);
    if (selector == null) {
      throw new IllegalArgumentException(
          "program " + name + " has no method " + method + ", only " + selectors.keySet());
    }
    PLAIN_EXECUTOR.get();
    NDList inputs = new NDList();
    List<NDArray> renamed = new ArrayList<>();
    List<String> names = new ArrayList<>();
    try {
      for (int i = 0; i < arguments.length; i++) {
        bind(arguments[i], "a" + i, inputs, renamed, names);
      }
      inputs.add(selector);
      return IValueUtils.forward(block, inputs, true);
    } finally {
      for (int i = renamed.size() - 1; i >= 0; i--) {
        renamed.get(i).setName(names.get(i));
      }
    }
  }

  private void bind(
      Object argument, String slot, NDList inputs, List<NDArray> renamed, List<String> names) {
    if (argument instanceof NDArray array) {
      if (array.getName() != null) {
        rename(array, null, renamed, names);
      }
      inputs.add(array);
    } else if (argument instanceof List<?> list) {
      for (Object element : list) {
        rename((NDArray) element, slot + "[]", renamed, names);
        inputs.add((NDArray) element);
      }
    } else if (argument instanceof Map<?, ?> map) {
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        NDArray array = (NDArray) entry.getValue();
        rename(array, slot + "." + entry.getKey(), renamed, names);
        inputs.add(array);
      }
    } else {
      throw new IllegalArgumentException(
          "program " + name + " takes arrays, lists and maps of arrays, not " + argument);
    }
  }

  private static void rename(NDArray array, String to, List<NDArray> renamed, List<String> names) {
    if (array.getName() != null && !array.getName().equals(to)) {
      for (NDArray earlier : renamed) {
        if (earlier == array) {
          throw new IllegalArgumentException(
              "the same array stands in two arguments; pass a copy or an alias of it");
        }
      }
    }
    renamed.add(array);
    names.add(array.getName());
    array.setName(to);
  }

  /** Frees the compiled program and what its attributes hold. */
  @Override
  public void close() {
    block.close();
    manager.close();
  }

  @Override
  public String toString() {
    return name + selectors.keySet();
  }
}
