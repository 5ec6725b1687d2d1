package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.List;
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
   * tells it. Tokens that a call will read are checked before it is made; those that it writes are
   * known afterwards, so that the last answer before the end may exceed the budget by what was
   * written. It is returned, and counted. A call that fails counts its queries; its tokens are not
   * known, except those of answers that {@link IncompleteReplies} holds. If a service does not say
   * how many tokens it used, a budget of tokens ends with its first answer.
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
    return rung.cast(Meter.proxy(model, rung, new Counters(budget)));
  }

  /**
   * Reads the meter of a restricted model.
   *
   * @param restricted what {@link #restrict} returned
   * @return what it was asked so far
   * @throws IllegalArgumentException if the model is not a restricted one
   */
  public static Usage usage(Model restricted) {
    return meter(restricted).counters.usage();
  }

  /**
   * Returns the budget that a model is held to.
   *
   * @param model any model
   * @return the budget of a restricted model; unlimited otherwise
   */
  public static Budget budget(Model model) {
    return isRestricted(model) ? meter(model).counters.budget : Budget.unlimited();
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

  /** What was asked, and how much may be. */
  private static final class Counters {
    private final Budget budget;
    private final AtomicLong queries = new AtomicLong();
    private final AtomicLong gradients = new AtomicLong();
    private final AtomicLong tokens = new AtomicLong();
    private final AtomicLong nanos = new AtomicLong();
    private final long made = System.nanoTime();
    private volatile boolean uncounted;

    Counters(Budget budget) {
      this.budget = budget;
    }

    Usage usage() {
      return new Usage(queries.get(), gradients.get(), tokens.get(), nanos.get() / 1e9);
    }

    void charge(long samples, long read, boolean gradient) {
      if (System.nanoTime() - made > budget.time().toNanos()) {
        throw new BudgetExceeded(
            "the budget of " + budget.time().toMillis() / 1000.0 + " s is used up");
      }
      chargeTokens(read);
      try {
        chargeQueries(samples);
      } catch (BudgetExceeded e) {
        tokens.addAndGet(-read);
        throw e;
      }
      if (gradient) {
        gradients.addAndGet(samples);
      }
    }

    private void chargeTokens(long read) {
      long allowed = budget.tokens();
      if (uncounted && allowed != Long.MAX_VALUE) {
        throw new BudgetExceeded(
            "the budget of "
                + allowed
                + " tokens cannot be kept: an answer came without the number of its tokens, after "
                + tokens.get()
                + " that are known; limit queries instead");
      }
      long used = tokens.getAndAdd(read);
      if (used >= allowed || used + read > allowed) {
        tokens.addAndGet(-read);
        throw new BudgetExceeded(
            used >= allowed
                ? "the budget of " + allowed + " tokens is used up, " + used + " were used"
                : "the budget of "
                    + allowed
                    + " tokens does not allow "
                    + read
                    + " more after "
                    + used);
      }
    }

    private void chargeQueries(long samples) {
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
    }

    /** Counts what a chat says about its own replies. */
    long replies(Object answer) {
      if (answer instanceof List<?> several) {
        return several.stream().mapToLong(this::replies).sum();
      }
      if (answer instanceof ChatReply reply) {
        uncounted |= !reply.refused() && reply.tokens() == 0 && !reply.text().isEmpty();
        return (long) reply.promptTokens() + reply.tokens();
      }
      return 0;
    }
  }

  /** Counts and limits; anything that is not part of the rung cannot be reached through it. */
  private record Meter(Model model, Class<?> rung, Counters counters) implements InvocationHandler {
    static Object proxy(Model model, Class<?> rung, Counters counters) {
      return Proxy.newProxyInstance(
          rung.getClassLoader(), new Class<?>[] {rung}, new Meter(model, rung, counters));
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
      Class<?> type = method.getReturnType();
      boolean whole = arguments == null || arguments.length == 0;
      if (whole && (NDArray.class.isAssignableFrom(type) || Model.class.isAssignableFrom(type))) {
        throw new AccessDenied(method.getName() + " is not offered by a restricted model");
      }
      if (Model.class.isAssignableFrom(type)) {
        return proxy((Model) call(method, arguments), type, counters);
      }
      return whole || method.isAnnotationPresent(Unmetered.class)
          ? call(method, arguments)
          : metered(method, arguments);
    }

    private Object metered(Method method, Object[] arguments) throws Throwable {
      boolean gradient =
          method.getReturnType() == Linearized.class || method.getName().equals("gradient");
      CountsTokens counter = model instanceof CountsTokens c ? c : null;
      long read = counter == null ? 0 : counter.tokensRead(method.getName(), arguments);
      counters.charge(samples(method, arguments), read, gradient);
      long used = 0;
      long start = System.nanoTime();
      try {
        Object answer = call(method, arguments);
        used =
            counter == null
                ? counters.replies(answer)
                : counter.tokens(method.getName(), arguments, answer);
        return answer;
      } catch (IncompleteReplies e) {
        used = e.finished().stream().mapToLong(r -> counters.replies(r.orElse(null))).sum();
        throw e;
      } finally {
        counters.tokens.addAndGet(used - read);
        counters.nanos.addAndGet(System.nanoTime() - start);
      }
    }

    private static long samples(Method method, Object[] arguments) {
      Parameter[] parameters = method.getParameters();
      Object batch = arguments[0];
      for (int i = 0; i < parameters.length; i++) {
        if (parameters[i].isAnnotationPresent(Samples.class)) {
          batch = arguments[i];
        }
      }
      if (batch instanceof NDArray array && array.getShape().dimension() > 0) {
        return array.getShape().get(0);
      }
      return batch instanceof Collection<?> several ? several.size() : 1;
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
