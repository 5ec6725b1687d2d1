package org.safety4j.core.text.jinja;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The values of a template and what can be done with them: null (none), Boolean, Long, Double,
 * String, List (and {@link Tuple}), Map, {@link Undefined}, {@link Generator}, {@link Namespace},
 * {@link Callable}, loops.
 */
final class Values {
  private Values() {}

  // ---- from Java ----

  /** Copies plain data of Java into plain data of a template. */
  static Object of(Object value, int depth) {
    if (depth > 100) {
      throw new IllegalArgumentException(
          "template variables must not be nested deeper than 100 levels");
    }
    if (value == null
        || value instanceof Boolean
        || value instanceof Long
        || value instanceof Double) {
      return value;
    }
    if (value instanceof CharSequence || value instanceof Character || value instanceof Enum<?>) {
      return value.toString();
    }
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    if (value instanceof Float) {
      return Double.parseDouble(value.toString());
    }
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> copy = new LinkedHashMap<>();
      map.forEach((k, v) -> copy.put(of(k, depth + 1), of(v, depth + 1)));
      return copy;
    }
    if (value instanceof Iterable<?> items) {
      List<Object> copy = new ArrayList<>();
      items.forEach(v -> copy.add(of(v, depth + 1)));
      return copy;
    }
    if (value instanceof Object[] items) {
      return of(java.util.Arrays.asList(items), depth);
    }
    throw new IllegalArgumentException(
        "template variables must be text, numbers, booleans, null, lists or maps of these, was "
            + value.getClass().getName());
  }

  // ---- types ----

  static String type(Object value) {
    if (value == null) {
      return "none";
    }
    if (value instanceof Boolean) {
      return "a boolean";
    }
    if (value instanceof Long) {
      return "an integer";
    }
    if (value instanceof Double) {
      return "a float";
    }
    if (value instanceof String) {
      return "text";
    }
    if (value instanceof List<?>) {
      return "a list";
    }
    if (value instanceof Map<?, ?>) {
      return "a map";
    }
    if (value instanceof Undefined) {
      return "undefined";
    }
    return value instanceof Callable ? "a function" : "an object";
  }

  static boolean isNumber(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  static boolean isIntegral(Object value) {
    return value instanceof Long || value instanceof Boolean;
  }

  static long integral(Object value) {
    return value instanceof Boolean b ? (b ? 1 : 0) : (Long) value;
  }

  static double floating(Object value) {
    return value instanceof Double d ? d : integral(value);
  }

  static boolean truth(Object value) {
    if (value == null || value instanceof Undefined) {
      return false;
    }
    if (value instanceof Boolean b) {
      return b;
    }
    if (value instanceof Long n) {
      return n != 0;
    }
    if (value instanceof Double d) {
      return d != 0;
    }
    if (value instanceof String s) {
      return !s.isEmpty();
    }
    if (value instanceof List<?> l) {
      return !l.isEmpty();
    }
    return !(value instanceof Map<?, ?> m) || !m.isEmpty();
  }

  static Object defined(Machine m, Object value) {
    if (value instanceof Undefined u) {
      throw m.fail(u.message());
    }
    return value;
  }

  static String expectText(Machine m, String what, Object value) {
    if (defined(m, value) instanceof String s) {
      return s;
    }
    throw m.fail(what + " must be text, was " + type(value));
  }

  static int expectInt(Machine m, String what, Object value) {
    if (!isIntegral(defined(m, value))) {
      throw m.fail(what + " must be an integer, was " + type(value));
    }
    long n = integral(value);
    return (int) Math.max(-Integer.MAX_VALUE, Math.min(Integer.MAX_VALUE, n));
  }

  // ---- text ----

  static String text(Machine m, Object value) {
    if (value instanceof String s) {
      return s;
    }
    if (value instanceof Undefined) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    shown(m, value, out);
    return out.toString();
  }

  /** Appends a value as it is shown inside a list: text in quotes. */
  static void shown(Machine m, Object value, StringBuilder out) {
    m.enter();
    if (value == null) {
      m.append(out, "None");
    } else if (value instanceof Boolean b) {
      m.append(out, b ? "True" : "False");
    } else if (value instanceof Double d) {
      m.append(out, number(d));
    } else if (value instanceof String s) {
      m.append(out, quoted(s));
    } else if (value instanceof List<?> list) {
      boolean tuple = value instanceof Tuple;
      m.append(out, tuple ? "(" : "[");
      String separator = "";
      for (Object item : list) {
        m.append(out, separator);
        shown(m, item, out);
        separator = ", ";
      }
      m.append(out, tuple ? (list.size() == 1 ? ",)" : ")") : "]");
    } else if (value instanceof Map<?, ?> map) {
      m.append(out, "{");
      String separator = "";
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        m.append(out, separator);
        shown(m, entry.getKey(), out);
        m.append(out, ": ");
        shown(m, entry.getValue(), out);
        separator = ", ";
      }
      m.append(out, "}");
    } else if (value instanceof Undefined) {
      m.append(out, "Undefined");
    } else if (value instanceof Long) {
      m.append(out, value.toString());
    } else {
      throw m.fail(type(value) + " cannot be printed");
    }
    m.exit();
  }

  private static String quoted(String s) {
    char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder(s.length() + 2).append(quote);
    s.codePoints()
        .forEach(
            c -> {
              if (c == quote || c == '\\') {
                out.append('\\').append((char) c);
              } else if (c == '\n') {
                out.append("\\n");
              } else if (c == '\r') {
                out.append("\\r");
              } else if (c == '\t') {
                out.append("\\t");
              } else if (c < 32 || (c >= 127 && c < 161) || c == 0xad) {
                out.append(String.format("\\x%02x", c));
              } else {
                out.appendCodePoint(c);
              }
            });
    return out.append(quote).toString();
  }

  /** The shortest decimal text of a float, with an exponent outside 1e-4 to 1e16. */
  static String number(double d) {
    if (Double.isNaN(d)) {
      return "nan";
    }
    if (Double.isInfinite(d)) {
      return d > 0 ? "inf" : "-inf";
    }
    if (d == 0) {
      return 1 / d < 0 ? "-0.0" : "0.0";
    }
    BigDecimal exact = shortest(d);
    int exponent = exact.precision() - exact.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = exact.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String digits = exact.unscaledValue().abs().toString();
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    return (d < 0 ? "-" : "")
        + mantissa
        + "e"
        + (exponent < 0 ? "-" : "+")
        + String.format("%02d", Math.abs(exponent));
  }

  private static BigDecimal shortest(double d) {
    for (int precision = 1; precision < 17; precision++) {
      BigDecimal rounded = new BigDecimal(d).round(new java.math.MathContext(precision));
      if (rounded.doubleValue() == d) {
        return rounded.stripTrailingZeros();
      }
    }
    return new BigDecimal(d).round(new java.math.MathContext(17)).stripTrailingZeros();
  }

  // ---- comparison ----

  static boolean equal(Machine m, Object a, Object b) {
    m.step(1);
    if (isNumber(a) && isNumber(b)) {
      return isIntegral(a) && isIntegral(b)
          ? integral(a) == integral(b)
          : floating(a) == floating(b);
    }
    if (a instanceof String s && b instanceof String t) {
      m.step(Math.min(s.length(), t.length()) / Limits.CHARS_PER_STEP);
      return s.equals(t);
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      if (x.size() != y.size() || (a instanceof Tuple) != (b instanceof Tuple)) {
        return false;
      }
      m.enter();
      for (int i = 0; i < x.size(); i++) {
        if (!equal(m, x.get(i), y.get(i))) {
          m.exit();
          return false;
        }
      }
      m.exit();
      return true;
    }
    if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
      if (x.size() != y.size()) {
        return false;
      }
      m.enter();
      for (Map.Entry<?, ?> entry : x.entrySet()) {
        if (!y.containsKey(entry.getKey()) || !equal(m, entry.getValue(), y.get(entry.getKey()))) {
          m.exit();
          return false;
        }
      }
      m.exit();
      return true;
    }
    return a instanceof Undefined ? b instanceof Undefined : a == b;
  }

  static int compare(Machine m, Object a, Object b) {
    m.step(1);
    defined(m, a);
    defined(m, b);
    if (isNumber(a) && isNumber(b)) {
      return isIntegral(a) && isIntegral(b)
          ? Long.compare(integral(a), integral(b))
          : Double.compare(floating(a), floating(b));
    }
    if (a instanceof String s && b instanceof String t) {
      m.step(Math.min(s.length(), t.length()) / Limits.CHARS_PER_STEP);
      return Text.compare(s, t);
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      m.enter();
      for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
        if (!equal(m, x.get(i), y.get(i))) {
          int order = compare(m, x.get(i), y.get(i));
          m.exit();
          return order;
        }
      }
      m.exit();
      return Integer.compare(x.size(), y.size());
    }
    throw m.fail("cannot compare " + type(a) + " with " + type(b));
  }

  static boolean contains(Machine m, Object container, Object item) {
    if (container instanceof String s) {
      String part = expectText(m, "the left side of 'in' beside text", item);
      m.step(s.length() / Limits.CHARS_PER_STEP);
      return s.contains(part);
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(key(m, item));
    }
    for (Object each : items(m, container)) {
      if (equal(m, each, item)) {
        return true;
      }
    }
    return false;
  }

  // ---- containers ----

  /** The items of anything that can be looped over. */
  static List<Object> items(Machine m, Object value) {
    if (value instanceof Undefined) {
      return List.of();
    }
    if (value instanceof List<?> list) {
      m.step(list.size());
      @SuppressWarnings("unchecked")
      List<Object> items = (List<Object>) list;
      return items;
    }
    if (value instanceof Map<?, ?> map) {
      m.step(map.size());
      return new ArrayList<>(map.keySet());
    }
    if (value instanceof String s) {
      m.step(s.length());
      return Text.characters(s);
    }
    if (value instanceof Generator g) {
      List<Object> items = g.take();
      m.step(items.size());
      return items;
    }
    throw m.fail(type(value) + " cannot be looped over");
  }

  static long length(Machine m, Object value) {
    if (value instanceof Undefined) {
      return 0;
    }
    if (value instanceof String s) {
      m.step(s.length() / Limits.CHARS_PER_STEP);
      return Text.length(s);
    }
    if (value instanceof List<?> list) {
      return list.size();
    }
    if (value instanceof Map<?, ?> map) {
      return map.size();
    }
    throw m.fail(type(value) + " has no length");
  }

  static Object key(Machine m, Object key) {
    if (key == null || key instanceof String || key instanceof Long) {
      return key;
    }
    if (key instanceof Boolean b) {
      return b ? 1L : 0L;
    }
    if (key instanceof Double d) {
      return d == Math.rint(d) && Math.abs(d) < 1e15 ? (Object) d.longValue() : d;
    }
    throw m.fail("the key of a map must be text, a number or none, was " + type(key));
  }

  static Object attribute(Machine m, Object value, String name) {
    if (value instanceof Namespace ns) {
      return ns.attributes.containsKey(name) ? ns.attributes.get(name) : missing(value, name);
    }
    if (value instanceof Loop loop) {
      return loop.attribute(m, name);
    }
    Callable method = Methods.find(value, name);
    if (method != null) {
      return method;
    }
    if (value instanceof Map<?, ?> map && map.containsKey(name)) {
      return map.get(name);
    }
    defined(m, value);
    return missing(value, name);
  }

  static Object item(Machine m, Object value, Object key) {
    defined(m, value);
    if (value instanceof Map<?, ?> map && (key == null || isNumber(key) || key instanceof String)) {
      Object k = key(m, key);
      if (map.containsKey(k)) {
        return map.get(k);
      }
    }
    if (isIntegral(key) && value instanceof List<?> list) {
      long i = integral(key);
      long index = i < 0 ? i + list.size() : i;
      return index >= 0 && index < list.size()
          ? list.get((int) index)
          : missing(value, Long.toString(i));
    }
    if (isIntegral(key) && value instanceof String s) {
      int length = (int) length(m, s);
      long i = integral(key);
      long index = i < 0 ? i + length : i;
      if (index < 0 || index >= length) {
        return missing(value, Long.toString(i));
      }
      return Character.toString(s.codePointAt(s.offsetByCodePoints(0, (int) index)));
    }
    if (key instanceof String name) {
      return value instanceof Map<?, ?> && Methods.find(value, name) == null
          ? missing(value, name)
          : attribute(m, value, name);
    }
    if (key instanceof Undefined u) {
      throw m.fail(u.message());
    }
    return missing(value, text(m, key));
  }

  private static Undefined missing(Object value, String name) {
    return new Undefined(type(value) + " has no '" + name + "'");
  }

  static Object slice(Machine m, Object value, Object from, Object to, Object by) {
    defined(m, value);
    int step = by == null ? 1 : expectInt(m, "the step of a slice", by);
    if (step == 0) {
      throw m.fail("the step of a slice must not be 0");
    }
    int length = (int) length(m, value);
    if (!(value instanceof String) && !(value instanceof List<?>)) {
      throw m.fail(type(value) + " cannot be sliced");
    }
    int first = bound(m, from, length, step, step > 0 ? 0 : length - 1);
    int end = bound(m, to, length, step, step > 0 ? length : -1);
    if (value instanceof String s && step == 1) {
      if (first >= end) {
        return "";
      }
      int start = s.offsetByCodePoints(0, first);
      return m.made(s.substring(start, s.offsetByCodePoints(start, end - first)));
    }
    List<Object> source = items(m, value);
    List<Object> picked = new ArrayList<>();
    for (long i = first; step > 0 ? i < end : i > end; i += step) {
      picked.add(source.get((int) i));
    }
    if (value instanceof String) {
      StringBuilder out = new StringBuilder();
      picked.forEach(c -> out.append((String) c));
      return out.toString();
    }
    return value instanceof Tuple ? new Tuple(picked) : picked;
  }

  private static int bound(Machine m, Object value, int length, int step, int orElse) {
    if (value == null) {
      return orElse;
    }
    long n = expectInt(m, "the bound of a slice", value);
    if (n < 0) {
      n += length;
    }
    int low = step > 0 ? 0 : -1;
    int high = step > 0 ? length : length - 1;
    return (int) Math.max(low, Math.min(high, n));
  }

  // ---- arithmetic ----

  static Object binary(Machine m, String operator, Object a, Object b) {
    defined(m, a);
    if (operator.equals("%") && a instanceof String s) {
      return Format.percent(m, s, b);
    }
    defined(m, b);
    if (operator.equals("+")) {
      if (a instanceof String s && b instanceof String t) {
        m.text((long) s.length() + t.length());
        return s + t;
      }
      if (a instanceof List<?> x
          && b instanceof List<?> y
          && (a instanceof Tuple) == (b instanceof Tuple)) {
        m.step((long) x.size() + y.size());
        List<Object> both = new ArrayList<>(x);
        both.addAll(y);
        return a instanceof Tuple ? new Tuple(both) : both;
      }
    }
    if (operator.equals("*")) {
      Object sequence = isIntegral(b) ? a : b;
      Object count = isIntegral(b) ? b : a;
      if (isIntegral(count) && (sequence instanceof String || sequence instanceof List<?>)) {
        return repeat(m, sequence, Math.max(0, integral(count)));
      }
    }
    if (!isNumber(a) || !isNumber(b)) {
      throw m.fail("'" + operator + "' does not apply to " + type(a) + " and " + type(b));
    }
    try {
      return isIntegral(a) && isIntegral(b) && !operator.equals("/")
          ? integers(m, operator, integral(a), integral(b))
          : floats(m, operator, floating(a), floating(b));
    } catch (ArithmeticException e) {
      throw m.fail("a whole number leaves the range of 64 bits");
    }
  }

  private static Object repeat(Machine m, Object sequence, long count) {
    if (sequence instanceof String s) {
      m.text(
          s.isEmpty()
              ? 0
              : Math.multiplyExact(Math.min(count, Limits.TEXT + 1L), (long) s.length()));
      return s.isEmpty() ? "" : s.repeat((int) count);
    }
    List<?> list = (List<?>) sequence;
    m.step(list.isEmpty() ? 0 : Math.min(count, Limits.STEPS + 1) * list.size());
    List<Object> all = new ArrayList<>();
    for (long i = 0; i < count && !list.isEmpty(); i++) {
      all.addAll(list);
    }
    return sequence instanceof Tuple ? new Tuple(all) : all;
  }

  private static Object integers(Machine m, String operator, long a, long b) {
    switch (operator) {
      case "+":
        return Math.addExact(a, b);
      case "-":
        return Math.subtractExact(a, b);
      case "*":
        return Math.multiplyExact(a, b);
      case "//":
        nonZero(m, b);
        return Math.floorDiv(a, b);
      case "%":
        nonZero(m, b);
        return Math.floorMod(a, b);
      default:
        if (b < 0) {
          return Math.pow(a, b);
        }
        return java.math.BigInteger.valueOf(a)
            .pow((int) Math.min(b, Math.abs(a) <= 1 ? 2 + b % 2 : 64))
            .longValueExact();
    }
  }

  private static Object floats(Machine m, String operator, double a, double b) {
    switch (operator) {
      case "+":
        return a + b;
      case "-":
        return a - b;
      case "*":
        return a * b;
      case "/":
        nonZero(m, b);
        return a / b;
      case "//":
        nonZero(m, b);
        return Math.floor(a / b);
      case "%":
        nonZero(m, b);
        return a - Math.floor(a / b) * b;
      default:
        return Math.pow(a, b);
    }
  }

  private static void nonZero(Machine m, double divisor) {
    if (divisor == 0) {
      throw m.fail("division by zero");
    }
  }
}
