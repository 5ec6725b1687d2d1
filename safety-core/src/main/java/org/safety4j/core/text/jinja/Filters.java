package org.safety4j.core.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** The filters behind {@code |}. */
final class Filters {
  /** A filter of a value. */
  @FunctionalInterface
  interface Filter {
    Object apply(Machine m, Object value, Arguments arguments);
  }

  private static final Map<String, Filter> ALL = new TreeMap<>();

  static {
    text("upper", s -> s.toUpperCase(Locale.ROOT));
    text("lower", s -> s.toLowerCase(Locale.ROOT));
    text("capitalize", Text::capitalize);
    text("title", Filters::title);
    text("string", s -> s);
    text("safe", s -> s);
    text("wordcount", s -> (long) Text.splitOnSpace(s, -1, false).size());
    put(Filters::escape, "escape", "e", "forceescape");
    put(Filters::trim, "trim");
    put(Filters::replace, "replace");
    put(Filters::indent, "indent");
    put(Filters::truncate, "truncate");
    put(
        (m, v, a) ->
            Methods.padded(
                m,
                Values.text(m, v),
                Values.expectInt(m, "width", Arguments.or(a.bind(m, 0, "width")[0], 80L)),
                " ",
                2),
        "center");
    put(
        (m, v, a) ->
            Format.percent(
                m,
                Values.text(m, v),
                a.named().isEmpty()
                    ? new Tuple(a.positional())
                    : new LinkedHashMap<Object, Object>(a.named())),
        "format");

    put((m, v, a) -> Values.length(m, none(m, v, a)), "length", "count");
    put(Filters::first, "first");
    put(Filters::last, "last");
    put((m, v, a) -> new ArrayList<>(Values.items(m, none(m, v, a))), "list");
    put(Filters::reverse, "reverse");
    put(Filters::join, "join");
    put(Filters::sort, "sort");
    put(Filters::unique, "unique");
    put(Filters::sum, "sum");
    put((m, v, a) -> extreme(m, v, a, 1), "max");
    put((m, v, a) -> extreme(m, v, a, -1), "min");
    put(Filters::map, "map");
    put((m, v, a) -> picked(m, v, a, true, false), "select");
    put((m, v, a) -> picked(m, v, a, false, false), "reject");
    put((m, v, a) -> picked(m, v, a, true, true), "selectattr");
    put((m, v, a) -> picked(m, v, a, false, true), "rejectattr");
    put(Filters::groupBy, "groupby");
    put(Filters::batch, "batch");
    put(Filters::items, "items");
    put(Filters::dictSort, "dictsort");
    put(
        (m, v, a) -> Values.attribute(m, v, Values.expectText(m, "name", a.bind(m, 1, "name")[0])),
        "attr");

    put(Filters::orDefault, "default", "d");
    put(Filters::toInt, "int");
    put(Filters::toFloat, "float");
    put(Filters::abs, "abs");
    put(Filters::round, "round");
    put(Filters::toJson, "tojson");
  }

  private Filters() {}

  static Filter find(String name) {
    return ALL.get(name);
  }

  private static void put(Filter filter, String... names) {
    for (String name : names) {
      ALL.put(name, filter);
    }
  }

  private static void text(String name, Function<String, Object> change) {
    put(
        (m, v, a) -> {
          String s = Values.text(m, none(m, v, a));
          m.text(s.length());
          return change.apply(s);
        },
        name);
  }

  private static Object none(Machine m, Object value, Arguments a) {
    a.bind(m, 0);
    return value;
  }

  private static boolean flag(Object value) {
    return Values.truth(Arguments.or(value, false));
  }

  // ---- text ----

  private static String title(String s) {
    StringBuilder out = new StringBuilder(s.length());
    boolean start = true;
    for (int i = 0; i < s.length(); ) {
      int c = s.codePointAt(i);
      out.appendCodePoint(start ? Character.toUpperCase(c) : Character.toLowerCase(c));
      start = Text.isSpace(c) || "-([{<".indexOf(c) >= 0;
      i += Character.charCount(c);
    }
    return out.toString();
  }

  private static Object escape(Machine m, Object value, Arguments a) {
    String s = Values.text(m, none(m, value, a));
    return m.made(
        s.replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
            .replace("'", "&#39;")
            .replace("\"", "&#34;"));
  }

  private static Object trim(Machine m, Object value, Arguments a) {
    Object characters = Arguments.or(a.bind(m, 0, "chars")[0], null);
    String s = Values.text(m, value);
    m.text(s.length());
    return Text.strip(
        s,
        Text.spaceOr(characters == null ? null : Values.expectText(m, "chars", characters)),
        true,
        true);
  }

  private static Object replace(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 2, "old", "new", "count");
    Object count = Arguments.or(given[2], null);
    return Methods.replace(
        m,
        Values.text(m, value),
        Values.text(m, given[0]),
        Values.text(m, given[1]),
        count == null ? -1 : Values.expectInt(m, "count", count));
  }

  private static Object indent(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "width", "first", "blank");
    Object width = Arguments.or(given[0], 4L);
    String by = width instanceof String s ? s : " ".repeat(columns(m, width));
    boolean blank = flag(given[2]);
    List<Object> lines = Text.lines(Values.text(m, value) + "\n", false);
    StringBuilder out = new StringBuilder(flag(given[1]) ? by : "");
    for (int i = 0; i < lines.size(); i++) {
      String line = (String) lines.get(i);
      if (i > 0) {
        m.append(out, blank || !line.isEmpty() ? "\n" + by : "\n");
      }
      m.append(out, line);
    }
    return out.toString();
  }

  private static int columns(Machine m, Object width) {
    int n = Values.expectInt(m, "the width of an indentation", width);
    if (n > 1000) {
      throw m.fail("the width of an indentation must be at most 1000, was " + n);
    }
    return Math.max(0, n);
  }

  private static Object truncate(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "length", "killwords", "end", "leeway");
    String s = Values.text(m, value);
    int length = Values.expectInt(m, "length", Arguments.or(given[0], 255L));
    String end = Values.expectText(m, "end", Arguments.or(given[2], "..."));
    int leeway = Values.expectInt(m, "leeway", Arguments.or(given[3], 5L));
    if (length < Text.length(end) || leeway < 0) {
      throw m.fail(
          "'length' must be at least the length of 'end' and 'leeway' must not be negative");
    }
    m.text(s.length());
    if (Text.length(s) <= (long) length + leeway) {
      return s;
    }
    String cut = s.substring(0, s.offsetByCodePoints(0, length - Text.length(end)));
    int space = cut.lastIndexOf(' ');
    return (flag(given[1]) || space < 0 ? cut : cut.substring(0, space)) + end;
  }

  // ---- sequences ----

  private static Object first(Machine m, Object value, Arguments a) {
    a.bind(m, 0);
    Undefined empty = new Undefined("there is no first item, the sequence is empty");
    if (value instanceof Generator g) {
      return g.next(empty);
    }
    List<Object> items = Values.items(m, value);
    return items.isEmpty() ? empty : items.get(0);
  }

  private static Object last(Machine m, Object value, Arguments a) {
    a.bind(m, 0);
    if (value instanceof Generator) {
      throw m.fail("'last' needs a list, put '| list' before it");
    }
    List<Object> items = Values.items(m, value);
    return items.isEmpty()
        ? new Undefined("there is no last item, the sequence is empty")
        : items.get(items.size() - 1);
  }

  private static Object reverse(Machine m, Object value, Arguments a) {
    a.bind(m, 0);
    if (value instanceof String s) {
      return m.made(new StringBuilder(s).reverse().toString());
    }
    List<Object> items = new ArrayList<>(Values.items(m, value));
    java.util.Collections.reverse(items);
    return new Generator(items);
  }

  private static Object join(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "d", "attribute");
    Function<Object, Object> key = attribute(m, Arguments.or(given[1], null), null);
    List<Object> texts = new ArrayList<>();
    for (Object item : Values.items(m, value)) {
      texts.add(Values.text(m, key.apply(item)));
    }
    return Methods.join(m, Values.text(m, Arguments.or(given[0], "")), texts);
  }

  /** A function that reads an attribute path ({@code a.b.0}); the item itself without one. */
  private static Function<Object, Object> attribute(Machine m, Object path, Object orElse) {
    if (path == null) {
      return Function.identity();
    }
    List<Object> steps = new ArrayList<>();
    if (Values.isIntegral(path)) {
      steps.add(path);
    } else {
      for (String part : Values.expectText(m, "attribute", path).split("\\.")) {
        steps.add(
            part.chars().allMatch(c -> c >= '0' && c <= '9')
                    && part.length() < 10
                    && !part.isEmpty()
                ? (Object) Long.valueOf(part)
                : part);
      }
    }
    return item -> {
      Object value = item;
      for (Object step : steps) {
        value = Values.item(m, value, step);
        if (value instanceof Undefined && orElse != null) {
          value = orElse;
        }
      }
      return value;
    };
  }

  private static Object folded(Object value, boolean caseSensitive) {
    return value instanceof String s && !caseSensitive ? s.toLowerCase(Locale.ROOT) : value;
  }

  private static Object sort(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "reverse", "case_sensitive", "attribute");
    Function<Object, Object> key = attribute(m, Arguments.or(given[2], null), null);
    Comparator<Object> order =
        (x, y) ->
            Values.compare(
                m, folded(key.apply(x), flag(given[1])), folded(key.apply(y), flag(given[1])));
    List<Object> items = new ArrayList<>(Values.items(m, value));
    items.sort(flag(given[0]) ? order.reversed() : order);
    return items;
  }

  private static Object unique(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "case_sensitive", "attribute");
    Function<Object, Object> key = attribute(m, Arguments.or(given[1], null), null);
    java.util.Set<Object> seen = new java.util.HashSet<>();
    List<Object> kept = new ArrayList<>();
    for (Object item : Values.items(m, value)) {
      if (seen.add(Values.key(m, Values.defined(m, folded(key.apply(item), flag(given[0])))))) {
        kept.add(item);
      }
    }
    return new Generator(kept);
  }

  private static Object sum(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "attribute", "start");
    Function<Object, Object> key = attribute(m, Arguments.or(given[0], null), null);
    Object total = Arguments.or(given[1], 0L);
    for (Object item : Values.items(m, value)) {
      total = Values.binary(m, "+", total, key.apply(item));
    }
    return total;
  }

  private static Object extreme(Machine m, Object value, Arguments a, int sign) {
    Object[] given = a.bind(m, 0, "case_sensitive", "attribute");
    Function<Object, Object> key = attribute(m, Arguments.or(given[1], null), null);
    Object best = new Undefined("there is no largest or smallest item, the sequence is empty");
    Object bestKey = null;
    for (Object item : Values.items(m, value)) {
      Object k = folded(key.apply(item), flag(given[0]));
      if (best instanceof Undefined || sign * Values.compare(m, k, bestKey) > 0) {
        best = item;
        bestKey = k;
      }
    }
    return best;
  }

  private static Object map(Machine m, Object value, Arguments a) {
    Function<Object, Object> change;
    if (a.positional().isEmpty()) {
      Map<String, Object> named = new LinkedHashMap<>(a.named());
      Object orElse = named.remove("default");
      change =
          attribute(
              m, new Arguments(a.callee(), List.of(), named).bind(m, 1, "attribute")[0], orElse);
    } else {
      String name = Values.expectText(m, "the filter to map", a.positional().get(0));
      Filter filter = find(name);
      if (filter == null) {
        throw m.fail("unknown filter '" + name + "'");
      }
      Arguments rest = a.from(1);
      change = item -> filter.apply(m, item, rest);
    }
    List<Object> changed = new ArrayList<>();
    for (Object item : Values.items(m, value)) {
      changed.add(change.apply(item));
    }
    return new Generator(changed);
  }

  private static Object picked(
      Machine m, Object value, Arguments a, boolean keep, boolean byAttribute) {
    int used = 0;
    Function<Object, Object> key = Function.identity();
    if (byAttribute) {
      if (a.positional().isEmpty()) {
        throw m.fail(a.callee() + " needs the name of an attribute");
      }
      key = attribute(m, a.positional().get(used++), null);
    }
    Tests.Test test = (machine, v, none) -> Values.truth(v);
    if (a.positional().size() > used) {
      String name = Values.expectText(m, "the test", a.positional().get(used++));
      test = Tests.find(name);
      if (test == null) {
        throw m.fail("unknown test '" + name + "'");
      }
    }
    Arguments rest = a.from(used);
    List<Object> kept = new ArrayList<>();
    for (Object item : Values.items(m, value)) {
      if (test.holds(m, key.apply(item), rest) == keep) {
        kept.add(item);
      }
    }
    return new Generator(kept);
  }

  private static Object groupBy(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 1, "attribute", "default", "case_sensitive");
    Function<Object, Object> key = attribute(m, given[0], Arguments.or(given[1], null));
    List<Object> items = new ArrayList<>(Values.items(m, value));
    boolean sensitive = flag(given[2]);
    items.sort(
        (x, y) ->
            Values.compare(m, folded(key.apply(x), sensitive), folded(key.apply(y), sensitive)));
    List<Object> groups = new ArrayList<>();
    List<Object> group = null;
    Object last = null;
    for (Object item : items) {
      Object k = folded(key.apply(item), sensitive);
      if (group == null || !Values.equal(m, k, last)) {
        group = new ArrayList<>();
        groups.add(Tuple.of(key.apply(item), group));
        last = k;
      }
      group.add(item);
    }
    return groups;
  }

  private static Object batch(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 1, "linecount", "fill_with");
    int size = Values.expectInt(m, "linecount", given[0]);
    if (size < 1) {
      throw m.fail("'linecount' must be at least 1, was " + size);
    }
    List<Object> batches = new ArrayList<>();
    List<Object> batch = null;
    for (Object item : Values.items(m, value)) {
      if (batch == null || batch.size() == size) {
        batch = new ArrayList<>();
        batches.add(batch);
      }
      batch.add(item);
    }
    Object fill = Arguments.or(given[1], null);
    if (batch != null && fill != null) {
      m.step(size);
      while (batch.size() < size) {
        batch.add(fill);
      }
    }
    return new Generator(batches);
  }

  private static Object items(Machine m, Object value, Arguments a) {
    a.bind(m, 0);
    if (value instanceof Undefined) {
      return new Generator(List.of());
    }
    if (!(value instanceof Map<?, ?>)) {
      throw m.fail("'items' needs a map, was " + Values.type(value));
    }
    return new Generator(
        Values.items(
            m,
            Methods.find(value, "items").call(m, new Arguments("items()", List.of(), Map.of()))));
  }

  private static Object dictSort(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "case_sensitive", "by", "reverse");
    if (!(Values.defined(m, value) instanceof Map<?, ?> map)) {
      throw m.fail("'dictsort' needs a map, was " + Values.type(value));
    }
    boolean byValue = "value".equals(Arguments.or(given[1], "key"));
    List<Object> pairs = new ArrayList<>();
    map.forEach((k, v) -> pairs.add(Tuple.of(k, v)));
    int index = byValue ? 1 : 0;
    Comparator<Object> order =
        (x, y) ->
            Values.compare(
                m,
                folded(((Tuple) x).get(index), flag(given[0])),
                folded(((Tuple) y).get(index), flag(given[0])));
    pairs.sort(flag(given[2]) ? order.reversed() : order);
    return pairs;
  }

  // ---- values ----

  private static Object orDefault(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "default_value", "boolean");
    boolean replace = value instanceof Undefined || (flag(given[1]) && !Values.truth(value));
    return replace ? Arguments.or(given[0], "") : value;
  }

  private static Object toInt(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "default", "base");
    Object orElse = Arguments.or(given[0], 0L);
    Values.defined(m, value);
    if (Values.isIntegral(value)) {
      return Values.integral(value);
    }
    int base = Values.expectInt(m, "base", Arguments.or(given[1], 10L));
    if (base < 2 || base > 36) {
      throw m.fail("'base' must be in [2, 36], was " + base);
    }
    try {
      if (value instanceof String s) {
        String digits = s.strip().replace("_", "");
        try {
          return Long.parseLong(digits, base);
        } catch (NumberFormatException e) {
          return new BigDecimal(digits).setScale(0, RoundingMode.DOWN).longValueExact();
        }
      }
      if (value instanceof Double d) {
        return new BigDecimal(d).setScale(0, RoundingMode.DOWN).longValueExact();
      }
    } catch (NumberFormatException | ArithmeticException e) {
      return orElse;
    }
    return orElse;
  }

  private static Object toFloat(Machine m, Object value, Arguments a) {
    Object orElse = Arguments.or(a.bind(m, 0, "default")[0], 0.0);
    Values.defined(m, value);
    if (Values.isNumber(value)) {
      return Values.floating(value);
    }
    try {
      return value instanceof String s ? (Object) new BigDecimal(s.strip()).doubleValue() : orElse;
    } catch (NumberFormatException e) {
      return orElse;
    }
  }

  private static Object abs(Machine m, Object value, Arguments a) {
    a.bind(m, 0);
    if (!Values.isNumber(Values.defined(m, value))) {
      throw m.fail("'abs' needs a number, was " + Values.type(value));
    }
    return value instanceof Double d ? (Object) Math.abs(d) : Math.abs(Values.integral(value));
  }

  private static Object round(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "precision", "method");
    if (!Values.isNumber(Values.defined(m, value))) {
      throw m.fail("'round' needs a number, was " + Values.type(value));
    }
    int precision = Values.expectInt(m, "precision", Arguments.or(given[0], 0L));
    String method = Values.expectText(m, "method", Arguments.or(given[1], "common"));
    double d = Values.floating(value);
    if (Math.abs(precision) > 300 || Double.isNaN(d) || Double.isInfinite(d)) {
      throw m.fail("'round' needs a finite number and a precision in [-300, 300]");
    }
    if (method.equals("common")) {
      double rounded = new BigDecimal(d).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
      return Values.isIntegral(value) ? (Object) (long) rounded : rounded;
    }
    double scale = Math.pow(10, precision);
    return switch (method) {
      case "ceil" -> Math.ceil(d * scale) / scale;
      case "floor" -> Math.floor(d * scale) / scale;
      default -> throw m.fail("'method' must be common, ceil or floor, was " + method);
    };
  }

  private static Object toJson(Machine m, Object value, Arguments a) {
    Object[] given = a.bind(m, 0, "ensure_ascii", "indent", "separators", "sort_keys");
    Object indent = Arguments.or(given[1], null);
    String by =
        indent == null ? null : indent instanceof String s ? s : " ".repeat(columns(m, indent));
    String comma = by == null ? ", " : ",";
    String colon = ": ";
    Object separators = Arguments.or(given[2], null);
    if (separators != null) {
      List<Object> both = Values.items(m, separators);
      if (both.size() != 2) {
        throw m.fail("'separators' must be two texts");
      }
      comma = Values.expectText(m, "the first separator", both.get(0));
      colon = Values.expectText(m, "the second separator", both.get(1));
    }
    return new Json(flag(given[0]), by, comma, colon, flag(given[3])).write(m, value);
  }
}
