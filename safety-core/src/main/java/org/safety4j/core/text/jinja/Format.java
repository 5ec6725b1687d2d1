package org.safety4j.core.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Formatting by patterns: {@code %} of text, {@code format} and {@code strftime_now}. */
final class Format {
  private Format() {}

  /** {@code pattern % value}, with the conversions s, r, d, i, f, x, X and %. */
  static String percent(Machine m, String pattern, Object value) {
    List<Object> values = value instanceof Tuple t ? t : java.util.Collections.singletonList(value);
    StringBuilder out = new StringBuilder();
    int used = 0;
    int i = 0;
    while (i < pattern.length()) {
      char c = pattern.charAt(i++);
      if (c != '%') {
        out.append(c);
        continue;
      }
      Object source = null;
      boolean keyed = false;
      if (i < pattern.length() && pattern.charAt(i) == '(') {
        int close = pattern.indexOf(')', i);
        if (close < 0 || !(value instanceof Map<?, ?> map)) {
          throw m.fail("the pattern names a key, but the value is not a map");
        }
        source = map.get(pattern.substring(i + 1, close));
        keyed = true;
        i = close + 1;
      }
      int start = i;
      while (i < pattern.length() && "-+ 0#.123456789".indexOf(pattern.charAt(i)) >= 0) {
        i++;
      }
      if (i >= pattern.length()) {
        throw m.fail("the pattern ends inside a conversion");
      }
      String flags = pattern.substring(start, i);
      char conversion = pattern.charAt(i++);
      if (conversion == '%') {
        out.append('%');
        continue;
      }
      if (!keyed) {
        if (used >= values.size()) {
          throw m.fail("the pattern needs more than " + values.size() + " values");
        }
        source = values.get(used++);
      }
      m.append(out, converted(m, flags, conversion, Values.defined(m, source)));
    }
    if (used < values.size() && !(value instanceof Map<?, ?>)) {
      throw m.fail("the pattern uses " + used + " of " + values.size() + " values");
    }
    return m.made(out.toString());
  }

  private static String converted(Machine m, String flags, char conversion, Object value) {
    int dot = flags.indexOf('.');
    String before = dot < 0 ? flags : flags.substring(0, dot);
    int precision = dot < 0 ? -1 : number(m, flags.substring(dot + 1));
    int digits = 0;
    while (digits < before.length() && "-+ 0#".indexOf(before.charAt(digits)) >= 0) {
      digits++;
    }
    int width = number(m, before.substring(digits));
    String marks = before.substring(0, digits);
    String text;
    switch (conversion) {
      case 's', 'r' -> {
        StringBuilder shown = new StringBuilder();
        if (conversion == 's') {
          shown.append(Values.text(m, value));
        } else {
          Values.shown(m, value, shown);
        }
        text =
            precision >= 0 && precision < shown.length()
                ? shown.substring(0, precision)
                : shown.toString();
      }
      case 'd', 'i', 'x', 'X', 'f' -> {
        if (!Values.isNumber(value)) {
          throw m.fail("'%" + conversion + "' needs a number, was " + Values.type(value));
        }
        text =
            switch (conversion) {
              case 'f' -> fixed(Values.floating(value), precision < 0 ? 6 : precision);
              case 'x' -> Long.toString(whole(value), 16);
              case 'X' -> Long.toString(whole(value), 16).toUpperCase(Locale.ROOT);
              default -> Long.toString(whole(value));
            };
        if (!text.startsWith("-") && marks.indexOf('+') >= 0) {
          text = "+" + text;
        } else if (!text.startsWith("-") && marks.indexOf(' ') >= 0) {
          text = " " + text;
        }
      }
      default -> throw m.fail("the conversion '%" + conversion + "' is not supported");
    }
    int missing = width - Text.length(text);
    if (missing <= 0) {
      return text;
    }
    if (marks.indexOf('-') >= 0) {
      return text + " ".repeat(missing);
    }
    if (marks.indexOf('0') >= 0 && conversion != 's' && conversion != 'r') {
      boolean signed = text.startsWith("-") || text.startsWith("+") || text.startsWith(" ");
      return (signed ? text.substring(0, 1) : "")
          + "0".repeat(missing)
          + (signed ? text.substring(1) : text);
    }
    return " ".repeat(missing) + text;
  }

  private static long whole(Object value) {
    return value instanceof Double d ? d.longValue() : Values.integral(value);
  }

  static String fixed(double value, int digits) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return Values.number(value);
    }
    return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static int number(Machine m, String digits) {
    if (digits.isEmpty()) {
      return 0;
    }
    try {
      int n = Integer.parseInt(digits);
      if (n <= 1000) {
        return n;
      }
    } catch (NumberFormatException e) {
      // reported below, as a number that is too large
    }
    throw m.fail("the width or precision '" + digits + "' is not in [0, 1000]");
  }

  /** {@code pattern.format(...)} with fields by position or name and no format specifications. */
  static String braces(Machine m, String pattern, Arguments arguments) {
    StringBuilder out = new StringBuilder();
    int automatic = 0;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      boolean doubled = i + 1 < pattern.length() && pattern.charAt(i + 1) == c;
      if (c != '{' && c != '}') {
        out.append(c);
      } else if (doubled) {
        out.append(c);
        i++;
      } else {
        int close = pattern.indexOf('}', i);
        if (c == '}' || close < 0) {
          throw m.fail("the pattern has a single '" + c + "'");
        }
        String field = pattern.substring(i + 1, close);
        if (!field.isEmpty()
            && !field.chars().allMatch(x -> Character.isLetterOrDigit(x) || x == '_')) {
          throw m.fail("the field '{" + field + "}' of the pattern is not supported");
        }
        boolean named = !field.isEmpty() && !field.chars().allMatch(Character::isDigit);
        Object value;
        if (named) {
          value = arguments.named().getOrDefault(field, Arguments.MISSING);
        } else {
          int index = field.isEmpty() ? automatic++ : number(m, field);
          value =
              index < arguments.positional().size()
                  ? arguments.positional().get(index)
                  : Arguments.MISSING;
        }
        if (value == Arguments.MISSING) {
          throw m.fail("the pattern names the field '{" + field + "}', which was not given");
        }
        m.append(out, Values.text(m, value));
        i = close;
      }
    }
    return m.made(out.toString());
  }

  static String time(Machine m, String pattern, ZonedDateTime now) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c != '%') {
        out.append(c);
        continue;
      }
      boolean bare = i + 1 < pattern.length() && pattern.charAt(i + 1) == '-';
      i += bare ? 2 : 1;
      if (i >= pattern.length()) {
        throw m.fail("the time pattern ends inside a conversion");
      }
      String part = timePart(m, pattern.charAt(i), now);
      m.append(out, bare ? part.replaceFirst("^0+(?=.)", "") : part);
    }
    return out.toString();
  }

  private static String timePart(Machine m, char conversion, ZonedDateTime now) {
    return switch (conversion) {
      case 'Y' -> Integer.toString(now.getYear());
      case 'y' -> two(now.getYear() % 100);
      case 'm' -> two(now.getMonthValue());
      case 'd' -> two(now.getDayOfMonth());
      case 'e' -> String.format("%2d", now.getDayOfMonth());
      case 'H' -> two(now.getHour());
      case 'I' -> two((now.getHour() + 11) % 12 + 1);
      case 'M' -> two(now.getMinute());
      case 'S' -> two(now.getSecond());
      case 'f' -> String.format("%06d", now.getNano() / 1000);
      case 'p' -> now.getHour() < 12 ? "AM" : "PM";
      case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'a' -> now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'b', 'h' -> now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'j' -> String.format("%03d", now.getDayOfYear());
      case 'u' -> Integer.toString(now.getDayOfWeek().getValue());
      case 'w' -> Integer.toString(now.getDayOfWeek().getValue() % 7);
      case 'F' -> DateTimeFormatter.ISO_LOCAL_DATE.format(now);
      case 'T' -> two(now.getHour()) + ":" + two(now.getMinute()) + ":" + two(now.getSecond());
      case 'Z', 'z' -> "";
      case '%' -> "%";
      default -> throw m.fail("the time conversion '%" + conversion + "' is not supported");
    };
  }

  private static String two(int n) {
    return String.format("%02d", n);
  }
}
