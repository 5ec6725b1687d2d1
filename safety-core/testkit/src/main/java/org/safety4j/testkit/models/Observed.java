package org.safety4j.testkit.models;

import ai.djl.ndarray.NDArray;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Model;

/**
 * Passes every call on to a model after telling an observer: what a test needs to count calls, look
 * at what is asked, or cancel in the middle of a run.
 */
public final class Observed {
  private Observed() {}

  /**
   * Wraps a model.
   *
   * @param <M> the rung
   * @param model the model; stays the caller's
   * @param rung an interface of the family
   * @param observer hears of the batch of every call that takes one, before it is answered
   * @return the wrapper; closing it does nothing
   */
  public static <M extends Model> M model(M model, Class<M> rung, Consumer<NDArray> observer) {
    Require.that(rung.isInterface(), "rung must be an interface, was " + rung.getName());
    return rung.cast(
        Proxy.newProxyInstance(
            rung.getClassLoader(),
            new Class<?>[] {rung},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                return null;
              }
              if (arguments != null && arguments.length > 0 && arguments[0] instanceof NDArray a) {
                observer.accept(a);
              }
              try {
                return method.invoke(model, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
