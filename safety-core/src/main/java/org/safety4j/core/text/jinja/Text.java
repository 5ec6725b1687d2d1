package org.safety4j.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Text as the template language sees it: a sequence of code points, with its notion of white space.
 */
final class Text {
  private Text() {}

  static boolean isSpace(int c) {
    return (c >= 9 && c <= 13)
        || (c >= 28 && c <= 32)
        || c == 0x85
        || c == 0xa0
        || (c > 0xff
            && (Character.getType(c) == Character.SPACE_SEPARATOR || c == 0x2028 || c == 0x2029));
  }

  static IntPredicate spaceOr(String characters) {
    return characters == null ? Text::isSpace : c -> characters.indexOf(c) >= 0;
  }

  static String strip(String s, IntPredicate drop, boolean atStart, boolean atEnd) {
    int from = 0;
    int to = s.length();
    while (atStart && from < to && drop.test(s.codePointAt(from))) {
      from += Character.charCount(s.codePointAt(from));
    }
    while (atEnd && to > from && drop.test(s.codePointBefore(to))) {
      to -= Character.charCount(s.codePointBefore(to));
    }
    return s.substring(from, to);
  }

  static String stripEnd(String s) {
    return strip(s, Text::isSpace, false, true);
  }

  static int length(String s) {
    return s.codePointCount(0, s.length());
  }

  static List<Object> characters(String s) {
    List<Object> all = new ArrayList<>(s.length());
    s.codePoints().forEach(c -> all.add(Character.toString(c)));
    return all;
  }

  /** Code-point order, which differs from the order of UTF-16 units beyond the basic plane. */
  static int compare(String a, String b) {
    int i = 0;
    while (i < a.length() && i < b.length()) {
      int x = a.codePointAt(i);
      int y = b.codePointAt(i);
      if (x != y) {
        return Integer.compare(x, y);
      }
      i += Character.charCount(x);
    }
    return Integer.compare(a.length(), b.length());
  }

  static List<Object> splitOnSpace(String s, long most, boolean fromEnd) {
    List<Object> parts = new ArrayList<>();
    String rest = s;
    if (fromEnd) {
      rest = stripEnd(rest);
      while (!rest.isEmpty()) {
        int cut = rest.length();
        while (cut > 0 && !isSpace(rest.codePointBefore(cut))) {
          cut -= Character.charCount(rest.codePointBefore(cut));
        }
        if (parts.size() == most) {
          cut = 0;
        }
        parts.add(0, rest.substring(cut));
        rest = stripEnd(rest.substring(0, cut));
      }
      return parts;
    }
    int i = 0;
    int n = s.length();
    while (true) {
      while (i < n && isSpace(s.codePointAt(i))) {
        i += Character.charCount(s.codePointAt(i));
      }
      if (i >= n) {
        return parts;
      }
      if (parts.size() == most) {
        parts.add(s.substring(i));
        return parts;
      }
      int start = i;
      while (i < n && !isSpace(s.codePointAt(i))) {
        i += Character.charCount(s.codePointAt(i));
      }
      parts.add(s.substring(start, i));
    }
  }

  static List<Object> split(String s, String separator, long most, boolean fromEnd) {
    List<Object> parts = new ArrayList<>();
    if (fromEnd) {
      int end = s.length();
      while (parts.size() != most) {
        int cut =
            end < separator.length() ? -1 : s.lastIndexOf(separator, end - separator.length());
        if (cut < 0) {
          break;
        }
        parts.add(s.substring(cut + separator.length(), end));
        end = cut;
      }
      parts.add(s.substring(0, end));
      java.util.Collections.reverse(parts);
      return parts;
    }
    int start = 0;
    while (parts.size() != most) {
      int cut = s.indexOf(separator, start);
      if (cut < 0) {
        break;
      }
      parts.add(s.substring(start, cut));
      start = cut + separator.length();
    }
    parts.add(s.substring(start));
    return parts;
  }

  static List<Object> lines(String s, boolean keepEnds) {
    List<Object> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      boolean end =
          (c >= 10 && c <= 13) || (c >= 28 && c <= 30) || c == 0x85 || c == 0x2028 || c == 0x2029;
      if (end) {
        int next = c == '\r' && i + 1 < s.length() && s.charAt(i + 1) == '\n' ? i + 2 : i + 1;
        lines.add(s.substring(start, keepEnds ? next : i));
        start = next;
        i = next - 1;
      }
    }
    if (start < s.length()) {
      lines.add(s.substring(start));
    }
    return lines;
  }

  static String capitalize(String s) {
    if (s.isEmpty()) {
      return s;
    }
    int first = s.offsetByCodePoints(0, 1);
    return Character.toString(Character.toTitleCase(s.codePointAt(0)))
        + s.substring(first).toLowerCase(java.util.Locale.ROOT);
  }

  static String title(String s) {
    StringBuilder out = new StringBuilder(s.length());
    boolean inWord = false;
    for (int i = 0; i < s.length(); ) {
      int c = s.codePointAt(i);
      out.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
      inWord = Character.isLetter(c);
      i += Character.charCount(c);
    }
    return out.toString();
  }

  static String swapCase(String s) {
    StringBuilder out = new StringBuilder(s.length());
    s.codePoints()
        .forEach(
            c ->
                out.appendCodePoint(
                    Character.isUpperCase(c)
                        ? Character.toLowerCase(c)
                        : Character.toUpperCase(c)));
    return out.toString();
  }

  /** Every code point passes and there is at least one. */
  static boolean all(String s, IntPredicate test) {
    return !s.isEmpty() && s.codePoints().allMatch(test);
  }
}
