package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicLong;
import org.safety4j.core.error.AccessDenied;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.run.Budget;

/** Levels of access, and how a model is held to one. */
public enum Access {
  /** Final answers. */
  BLACK_BOX,
  /** Answers and scores. */
  GRAY_BOX,
  /** Gradients, internal states and weights. */
  WHITE_BOX;

  /**
   * Tells the level of a rung.
   *
   * @param rung a model type
   * @return its level
   */
  public static Access of(Class<?> rung) {
    if (WhiteBox.class.isAssignableFrom(rung)) {
      return WHITE_BOX;
    }
    return GrayBox.class.isAssignableFrom(rung) ? GRAY_BOX : BLACK_BOX;
  }

  /**
   * Shows exactly one rung of a model, counts what it is asked and keeps a budget. Every image,
   * text or other sample that a call passes is one query, whatever the batch; a gradient counts as
   * one query too.
   *
   * <p>The total of queries, tokens and seconds is enforced here by {@link BudgetExceeded}. The
   * limit for each sample is kept by the query engine, which knows the samples; {@link #budget}
   * tells it.
   *
   * @param <M> the rung
   * @param model the model; stays the caller's
   * @param rung an interface of the family, such as {@code ImageClassifier.Gray.class}
   * @param budget what may be asked
   * @return a proxy with that interface alone; closing it does nothing
   * @throws IllegalArgumentException if the rung is a class and not an interface
   */
  public static <M extends Model> M restrict(M model, Class<M> rung, Budget budget) {
    if (!rung.isInterface()) {
      throw new IllegalArgumentException(
          "rung must be an interface such as ImageClassifier.Gray.class, was the class "
              + rung.getName());
    }
    Meter meter = new Meter(model, rung, budget);
    return rung.cast(Proxy.newProxyInstance(rung.getClassLoader(), new Class<?>[] {rung}, meter));
  }

  /**
   * Reads the meter of a restricted model.
   *
   * @param restricted what {@link #restrict} returned
   * @return what it was asked so far
   * @throws IllegalArgumentException if the model is not a restricted one
   */
  public static Usage usage(Model restricted) {
    return meter(restricted).usage();
  }

  /**
   * Returns the budget that a model is held to.
   *
   * @param model any model
   * @return the budget of a restricted model; unlimited otherwise
   */
  public static Budget budget(Model model) {
    return isRestricted(model) ? meter(model).budget : Budget.unlimited();
  }

  /**
   * Tells whether a model came from {@link #restrict}.
   *
   * @param model any model
   * @return true for a restricted one
   */
  public static boolean isRestricted(Model model) {
    return Proxy.isProxyClass(model.getClass())
        && Proxy.getInvocationHandler(model) instanceof Meter;
  }

  private static Meter meter(Model model) {
    if (!isRestricted(model)) {
      throw new IllegalArgumentException(
          "not a restricted model: " + model.card().name() + "; make one by Access.restrict");
    }
    return (Meter) Proxy.getInvocationHandler(model);
  }

  /** Counts and limits; anything that is not part of the rung cannot be reached through it. */
  private static final class Meter implements InvocationHandler {
    private final Model model;
    private final Class<?> rung;
    private final Budget budget;
    private final AtomicLong queries = new AtomicLong();
    private final AtomicLong gradients = new AtomicLong();
    private final AtomicLong tokens = new AtomicLong();
    private final AtomicLong nanos = new AtomicLong();
    private final long made = System.nanoTime();

    Meter(Model model, Class<?> rung, Budget budget) {
      this.model = model;
      this.rung = rung;
      this.budget = budget;
    }

    Usage usage() {
      return new Usage(queries.get(), gradients.get(), tokens.get(), nanos.get() / 1e9);
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
      if (method.getDeclaringClass() == Object.class) {
        return switch (method.getName()) {
          case "equals" -> proxy == arguments[0];
          case "hashCode" -> System.identityHashCode(proxy);
          default -> rung.getSimpleName() + " of " + model.card().name();
        };
      }
      if (method.isAnnotationPresent(View.class)) {
        return InvocationHandler.invokeDefault(proxy, method, arguments);
      }
      if (method.getName().equals("close") && method.getParameterCount() == 0) {
        return null;
      }
      if (arguments == null || arguments.length == 0) {
        if (NDArray.class.isAssignableFrom(method.getReturnType())
            || Model.class.isAssignableFrom(method.getReturnType())) {
          throw new AccessDenied(method.getName() + " is not offered by a restricted model");
        }
        return call(method, null);
      }
      long samples = samples(arguments);
      boolean gradient =
          method.getReturnType() == Linearized.class || method.getName().equals("gradient");
      charge(samples, gradient);
      long start = System.nanoTime();
      try {
        Object answer = call(method, arguments);
        if (model instanceof CountsTokens counter) {
          tokens.addAndGet(counter.tokens(method.getName(), arguments, answer));
        }
        return answer;
      } finally {
        nanos.addAndGet(System.nanoTime() - start);
      }
    }

    private static long samples(Object[] arguments) {
      if (arguments[0] instanceof NDArray batch && batch.getShape().dimension() > 0) {
        return batch.getShape().get(0);
      }
      if (arguments[0] instanceof java.util.Collection<?> batch) {
        return batch.size();
      }
      return 1;
    }

    private void charge(long samples, boolean gradient) {
      if (tokens.get() >= budget.tokens()) {
        throw new BudgetExceeded("the budget of " + budget.tokens() + " tokens is used up");
      }
      if (System.nanoTime() - made > budget.time().toNanos()) {
        throw new BudgetExceeded(
            "the budget of " + budget.time().toMillis() / 1000.0 + " s is used up");
      }
      long before = queries.getAndAdd(samples);
      if (before + samples > budget.totalQueries()) {
        queries.addAndGet(-samples);
        throw new BudgetExceeded(
            "the budget of "
                + budget.totalQueries()
                + " queries does not allow "
                + samples
                + " more after "
                + before);
      }
      if (gradient) {
        gradients.addAndGet(samples);
      }
    }

    private Object call(Method method, Object[] arguments) throws Throwable {
      try {
        return method.invoke(model, arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }
  }
}
