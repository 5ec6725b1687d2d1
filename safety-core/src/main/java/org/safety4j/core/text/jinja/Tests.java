package org.safety4j.core.text.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The tests behind {@code is}. */
final class Tests {
  /** A test of a value. */
  @FunctionalInterface
  interface Test {
    boolean holds(Machine m, Object value, Arguments arguments);
  }

  private static final Map<String, Test> ALL = new TreeMap<>();

  static {
    plain("defined", v -> !(v instanceof Undefined));
    plain("undefined", v -> v instanceof Undefined);
    plain("none", v -> v == null);
    plain("boolean", v -> v instanceof Boolean);
    plain("true", v -> Boolean.TRUE.equals(v));
    plain("false", v -> Boolean.FALSE.equals(v));
    plain("integer", v -> v instanceof Long);
    plain("float", v -> v instanceof Double);
    plain("number", Values::isNumber);
    plain("string", v -> v instanceof String);
    plain("mapping", v -> v instanceof Map<?, ?>);
    plain(
        "sequence",
        v ->
            v instanceof String
                || v instanceof List<?>
                || v instanceof Map<?, ?>
                || v instanceof Undefined);
    plain(
        "iterable",
        v ->
            v instanceof String
                || v instanceof List<?>
                || v instanceof Map<?, ?>
                || v instanceof Generator
                || v instanceof Undefined);
    plain("callable", v -> v instanceof Callable);
    plain("escaped", v -> false);
    ALL.put("lower", (m, v, a) -> cased(m, v, false));
    ALL.put("upper", (m, v, a) -> cased(m, v, true));
    ALL.put("even", (m, v, a) -> Values.equal(m, Values.binary(m, "%", v, 2L), 0L));
    ALL.put("odd", (m, v, a) -> Values.equal(m, Values.binary(m, "%", v, 2L), 1L));
    ALL.put(
        "divisibleby",
        (m, v, a) -> Values.equal(m, Values.binary(m, "%", v, a.bind(m, 1, "num")[0]), 0L));
    ALL.put("sameas", (m, v, a) -> same(m, v, a.bind(m, 1, "other")[0]));
    ALL.put("in", (m, v, a) -> Values.contains(m, a.bind(m, 1, "seq")[0], v));
    ALL.put("filter", (m, v, a) -> v instanceof String s && Filters.find(s) != null);
    ALL.put("test", (m, v, a) -> v instanceof String s && find(s) != null);
    comparison("==", "eq", "equalto", "==");
    comparison("!=", "ne", "!=");
    comparison("<", "lt", "lessthan", "<");
    comparison("<=", "le", "<=");
    comparison(">", "gt", "greaterthan", ">");
    comparison(">=", "ge", ">=");
  }

  private Tests() {}

  static Test find(String name) {
    return ALL.get(name);
  }

  private static void plain(String name, java.util.function.Predicate<Object> test) {
    ALL.put(
        name,
        (m, v, a) -> {
          a.bind(m, 0);
          return test.test(v);
        });
  }

  private static void comparison(String operator, String... names) {
    for (String name : names) {
      ALL.put(
          name, (m, v, a) -> Expression.Comparison.holds(m, operator, v, a.bind(m, 1, "other")[0]));
    }
  }

  private static boolean cased(Machine m, Object value, boolean upper) {
    String s = Values.text(m, value);
    return s.codePoints().anyMatch(Character::isLetter)
        && s.equals(upper ? s.toUpperCase(Locale.ROOT) : s.toLowerCase(Locale.ROOT));
  }

  private static boolean same(Machine m, Object a, Object b) {
    boolean scalar =
        a instanceof String || a instanceof Long || a instanceof Double || a instanceof Boolean;
    return scalar && b != null ? a.getClass() == b.getClass() && Values.equal(m, a, b) : a == b;
  }
}
