package org.safety4j.core.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Methods of text, maps and lists; only those that change nothing. */
final class Methods {
  @FunctionalInterface
  private interface Method<T> {
    Object call(Machine m, T self, Arguments arguments);
  }

  private static final Map<String, Method<String>> TEXT = new TreeMap<>();
  private static final Map<String, Method<Map<?, ?>>> MAP = new TreeMap<>();
  private static final Map<String, Method<List<?>>> LIST = new TreeMap<>();

  static {
    TEXT.put("upper", (m, s, a) -> none(m, a, s.toUpperCase(Locale.ROOT)));
    TEXT.put("lower", (m, s, a) -> none(m, a, s.toLowerCase(Locale.ROOT)));
    TEXT.put(
        "casefold", (m, s, a) -> none(m, a, s.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT)));
    TEXT.put("title", (m, s, a) -> none(m, a, Text.title(s)));
    TEXT.put("capitalize", (m, s, a) -> none(m, a, Text.capitalize(s)));
    TEXT.put("swapcase", (m, s, a) -> none(m, a, Text.swapCase(s)));
    TEXT.put("strip", (m, s, a) -> strip(m, s, a, true, true));
    TEXT.put("lstrip", (m, s, a) -> strip(m, s, a, true, false));
    TEXT.put("rstrip", (m, s, a) -> strip(m, s, a, false, true));
    TEXT.put("split", (m, s, a) -> split(m, s, a, false));
    TEXT.put("rsplit", (m, s, a) -> split(m, s, a, true));
    TEXT.put(
        "splitlines",
        (m, s, a) -> Text.lines(s, Values.truth(Arguments.or(a.bind(m, 0, "keepends")[0], false))));
    TEXT.put("partition", (m, s, a) -> partition(m, s, a, false));
    TEXT.put("rpartition", (m, s, a) -> partition(m, s, a, true));
    TEXT.put(
        "removeprefix",
        (m, s, a) -> {
          String prefix = argument(m, a, "prefix");
          return s.startsWith(prefix) ? s.substring(prefix.length()) : s;
        });
    TEXT.put(
        "removesuffix",
        (m, s, a) -> {
          String suffix = argument(m, a, "suffix");
          return s.endsWith(suffix) ? s.substring(0, s.length() - suffix.length()) : s;
        });
    TEXT.put(
        "replace",
        (m, s, a) -> {
          Object[] given = a.bind(m, 2, "old", "new", "count");
          return replace(
              m,
              s,
              Values.expectText(m, "old", given[0]),
              Values.expectText(m, "new", given[1]),
              Values.expectInt(m, "count", Arguments.or(given[2], -1L)));
        });
    TEXT.put("startswith", (m, s, a) -> affix(m, s, a, true));
    TEXT.put("endswith", (m, s, a) -> affix(m, s, a, false));
    TEXT.put("find", (m, s, a) -> find(m, s, a, false, false));
    TEXT.put("rfind", (m, s, a) -> find(m, s, a, true, false));
    TEXT.put("index", (m, s, a) -> find(m, s, a, false, true));
    TEXT.put("rindex", (m, s, a) -> find(m, s, a, true, true));
    TEXT.put(
        "count",
        (m, s, a) -> {
          String part = argument(m, a, "sub");
          return part.isEmpty() ? Text.length(s) + 1L : Text.split(s, part, -1, false).size() - 1L;
        });
    TEXT.put("join", (m, s, a) -> join(m, s, Values.items(m, a.bind(m, 1, "iterable")[0])));
    TEXT.put("format", Format::braces);
    TEXT.put("zfill", (m, s, a) -> zfill(m, s, a));
    TEXT.put("ljust", (m, s, a) -> pad(m, s, a, 0));
    TEXT.put("rjust", (m, s, a) -> pad(m, s, a, 1));
    TEXT.put("center", (m, s, a) -> pad(m, s, a, 2));
    TEXT.put("isdigit", (m, s, a) -> none(m, a, Text.all(s, Character::isDigit)));
    TEXT.put("isdecimal", (m, s, a) -> none(m, a, Text.all(s, Character::isDigit)));
    TEXT.put("isnumeric", (m, s, a) -> none(m, a, Text.all(s, Character::isDigit)));
    TEXT.put("isalpha", (m, s, a) -> none(m, a, Text.all(s, Character::isLetter)));
    TEXT.put("isalnum", (m, s, a) -> none(m, a, Text.all(s, Character::isLetterOrDigit)));
    TEXT.put("isspace", (m, s, a) -> none(m, a, Text.all(s, Text::isSpace)));
    TEXT.put("isupper", (m, s, a) -> Tests.find("upper").holds(m, s, a));
    TEXT.put("islower", (m, s, a) -> Tests.find("lower").holds(m, s, a));

    MAP.put(
        "items",
        (m, map, a) -> {
          a.bind(m, 0);
          m.step(map.size());
          List<Object> items = new ArrayList<>(map.size());
          map.forEach((k, v) -> items.add(Tuple.of(k, v)));
          return items;
        });
    MAP.put("keys", (m, map, a) -> none(m, a, new ArrayList<Object>(map.keySet())));
    MAP.put("values", (m, map, a) -> none(m, a, new ArrayList<Object>(map.values())));
    MAP.put("copy", (m, map, a) -> none(m, a, new LinkedHashMap<Object, Object>(map)));
    MAP.put(
        "get",
        (m, map, a) -> {
          Object[] given = a.bind(m, 1, "key", "default");
          Object key = Values.key(m, given[0]);
          return map.containsKey(key) ? map.get(key) : Arguments.or(given[1], null);
        });

    LIST.put(
        "index",
        (m, list, a) -> {
          Object wanted = a.bind(m, 1, "value")[0];
          for (int i = 0; i < list.size(); i++) {
            if (Values.equal(m, list.get(i), wanted)) {
              return (long) i;
            }
          }
          throw m.fail("the value is not in the list");
        });
    LIST.put(
        "count",
        (m, list, a) -> {
          Object wanted = a.bind(m, 1, "value")[0];
          return list.stream().filter(each -> Values.equal(m, each, wanted)).count();
        });
    LIST.put("copy", (m, list, a) -> none(m, a, new ArrayList<Object>(list)));
  }

  private Methods() {}

  /** The bound method of that name, or null. */
  static Callable find(Object self, String name) {
    if (self instanceof String s) {
      return bind(TEXT.get(name), s);
    }
    if (self instanceof Map<?, ?> map) {
      return bind(MAP.get(name), map);
    }
    return self instanceof List<?> list ? bind(LIST.get(name), list) : null;
  }

  private static <T> Callable bind(Method<T> method, T self) {
    if (method == null) {
      return null;
    }
    return (m, a) -> {
      if (self instanceof String s) {
        m.text(s.length());
      }
      return method.call(m, self, a);
    };
  }

  private static Object none(Machine m, Arguments a, Object result) {
    a.bind(m, 0);
    return result;
  }

  private static String argument(Machine m, Arguments a, String name) {
    return Values.expectText(m, name, a.bind(m, 1, name)[0]);
  }

  private static String strip(Machine m, String s, Arguments a, boolean start, boolean end) {
    Object characters = Arguments.or(a.bind(m, 0, "chars")[0], null);
    return Text.strip(
        s,
        Text.spaceOr(characters == null ? null : Values.expectText(m, "chars", characters)),
        start,
        end);
  }

  private static List<Object> split(Machine m, String s, Arguments a, boolean fromEnd) {
    Object[] given = a.bind(m, 0, "sep", "maxsplit");
    Object separator = Arguments.or(given[0], null);
    long most = Values.expectInt(m, "maxsplit", Arguments.or(given[1], -1L));
    List<Object> parts;
    if (separator == null) {
      parts = Text.splitOnSpace(s, most, fromEnd);
    } else {
      String by = Values.expectText(m, "sep", separator);
      if (by.isEmpty()) {
        throw m.fail("the separator of split() must not be empty");
      }
      parts = Text.split(s, by, most, fromEnd);
    }
    m.step(parts.size());
    return parts;
  }

  private static Tuple partition(Machine m, String s, Arguments a, boolean last) {
    String by = argument(m, a, "sep");
    int at = by.isEmpty() ? -1 : last ? s.lastIndexOf(by) : s.indexOf(by);
    if (at < 0) {
      return new Tuple(last ? List.of("", "", s) : List.of(s, "", ""));
    }
    return new Tuple(List.of(s.substring(0, at), by, s.substring(at + by.length())));
  }

  static String replace(Machine m, String s, String old, String with, int count) {
    if (count == 0) {
      return s;
    }
    StringBuilder out = new StringBuilder();
    int done = 0;
    int from = 0;
    if (old.isEmpty()) {
      for (int i = 0;
          i <= s.length() && done != count;
          i = i < s.length() ? s.offsetByCodePoints(i, 1) : i + 1) {
        m.append(out, s.substring(from, i) + with);
        from = i;
        done++;
      }
      return out.append(s.substring(from)).toString();
    }
    for (int at = s.indexOf(old); at >= 0 && done != count; at = s.indexOf(old, from)) {
      m.append(out, s.substring(from, at));
      m.append(out, with);
      from = at + old.length();
      done++;
    }
    m.append(out, s.substring(from));
    return out.toString();
  }

  private static boolean affix(Machine m, String s, Arguments a, boolean start) {
    Object wanted = a.bind(m, 1, "prefix")[0];
    for (Object each :
        wanted instanceof Tuple t
            ? t
            : List.of(Values.expectText(m, "the text to look for", wanted))) {
      String affix = Values.expectText(m, "the text to look for", each);
      if (start ? s.startsWith(affix) : s.endsWith(affix)) {
        return true;
      }
    }
    return false;
  }

  private static long find(Machine m, String s, Arguments a, boolean last, boolean must) {
    Object[] given = a.bind(m, 1, "sub", "start");
    String part = Values.expectText(m, "sub", given[0]);
    int length = Text.length(s);
    int start = Values.expectInt(m, "start", Arguments.or(given[1], 0L));
    int from =
        s.offsetByCodePoints(0, Math.max(0, Math.min(length, start < 0 ? start + length : start)));
    int at = last ? s.lastIndexOf(part) : s.indexOf(part, from);
    if (at < from) {
      at = -1;
    }
    if (at < 0 && must) {
      throw m.fail("the text does not contain '" + part + "'");
    }
    return at < 0 ? -1 : s.codePointCount(0, at);
  }

  static String join(Machine m, String separator, List<Object> items) {
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Object item : items) {
      if (!first) {
        m.append(out, separator);
      }
      m.append(out, Values.expectText(m, "each item of join()", item));
      first = false;
    }
    return out.toString();
  }

  private static String zfill(Machine m, String s, Arguments a) {
    int width = Values.expectInt(m, "width", a.bind(m, 1, "width")[0]);
    m.text(width);
    int missing = width - Text.length(s);
    if (missing <= 0) {
      return s;
    }
    boolean signed = s.startsWith("-") || s.startsWith("+");
    return (signed ? s.substring(0, 1) : "") + "0".repeat(missing) + (signed ? s.substring(1) : s);
  }

  private static String pad(Machine m, String s, Arguments a, int side) {
    Object[] given = a.bind(m, 1, "width", "fillchar");
    String fill = Values.expectText(m, "fillchar", Arguments.or(given[1], " "));
    return padded(m, s, Values.expectInt(m, "width", given[0]), fill, side);
  }

  /** Pads to a width: side 0 fills behind, 1 before, 2 on both sides. */
  static String padded(Machine m, String s, int width, String fill, int side) {
    m.text(Math.max(0, (long) width * fill.length()));
    int missing = width - Text.length(s);
    if (missing <= 0) {
      return s;
    }
    int left = side == 0 ? 0 : side == 1 ? missing : missing / 2 + (missing & width & 1);
    return fill.repeat(left) + s + fill.repeat(missing - left);
  }
}
