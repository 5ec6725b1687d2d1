package org.safety4j.core.text.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.text.jinja.Token.Kind;

/**
 * Cuts a template into tokens and settles white space: the newline after a block goes, blanks
 * before a block at the start of a line go, {@code -} strips, {@code +} keeps, one newline at the
 * end of the template goes.
 */
final class Lexer {
  private static final String[] OPERATORS = {
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";"
  };

  private final String what;
  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int line = 1;
  private int lineCountedTo;
  private boolean atLineStart = true;

  private Lexer(String what, String source) {
    this.what = what;
    this.source = source;
  }

  static List<Token> tokens(String what, String template) {
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    if (source.endsWith("\n")) {
      source = source.substring(0, source.length() - 1);
    }
    Lexer lexer = new Lexer(what, source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (position < source.length()) {
      int start = nextTag(position);
      if (start < 0) {
        data(source.substring(position), position);
        position = source.length();
        break;
      }
      char kind = source.charAt(start + 1);
      char sign = start + 2 < source.length() ? source.charAt(start + 2) : ' ';
      boolean signed = sign == '-' || sign == '+';
      data(before(position, start, sign, kind != '{'), position);
      int inside = start + (signed ? 3 : 2);
      switch (kind) {
        case '#' -> comment(start, inside);
        case '%' -> {
          int raw = wordEnd(inside, "raw");
          int rawClose = raw < 0 ? -1 : rawTagEnd(raw);
          if (rawClose >= 0) {
            raw(start, rawClose);
          } else {
            add(Kind.BLOCK_BEGIN, "{%", start);
            position = inside;
            code(true);
          }
        }
        default -> {
          add(Kind.OUTPUT_BEGIN, "{{", start);
          position = inside;
          code(false);
        }
      }
    }
    add(Kind.END, "", source.length());
  }

  private int nextTag(int from) {
    for (int i = source.indexOf('{', from);
        i >= 0 && i + 1 < source.length();
        i = source.indexOf('{', i + 1)) {
      char next = source.charAt(i + 1);
      if (next == '{' || next == '%' || next == '#') {
        return i;
      }
    }
    return -1;
  }

  /** The text before a tag, stripped as the tag's sign and place ask for. */
  private String before(int from, int to, char sign, boolean block) {
    String text = source.substring(from, to);
    if (sign == '-') {
      return Text.stripEnd(text);
    }
    if (sign == '+' || !block) {
      return text;
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    if (lineStart > 0 || atLineStart) {
      for (int i = lineStart; i < text.length(); i++) {
        if (!Text.isSpace(text.charAt(i))) {
          return text;
        }
      }
      return text.substring(0, lineStart);
    }
    return text;
  }

  private void data(String text, int at) {
    if (!text.isEmpty()) {
      add(Kind.DATA, text, at);
    }
  }

  private void comment(int start, int inside) {
    int close = source.indexOf("#}", inside);
    if (close < 0) {
      throw error(start, "the comment is never closed");
    }
    char sign = close > inside ? source.charAt(close - 1) : ' ';
    afterTag(close + 2, sign, true);
  }

  private void raw(int start, int bodyStart) {
    int from = bodyStart;
    while (true) {
      int close = source.indexOf("{%", from);
      if (close < 0) {
        throw error(start, "'raw' is never closed by 'endraw'");
      }
      char sign = close + 2 < source.length() ? source.charAt(close + 2) : ' ';
      int word = wordEnd(close + (sign == '-' || sign == '+' ? 3 : 2), "endraw");
      int end = word < 0 ? -1 : tagClose(word);
      if (end >= 0) {
        char endSign = source.charAt(end - 3);
        atLineStart = bodyStart > 0 && source.charAt(bodyStart - 1) == '\n';
        data(before(bodyStart, close, sign, true), bodyStart);
        afterTag(end, endSign, true);
        return;
      }
      from = close + 2;
    }
  }

  /**
   * The position behind {@code word}, blanks around it skipped, or -1 if another word stands there.
   */
  private int wordEnd(int from, String word) {
    int i = skipSpace(from);
    if (!source.startsWith(word, i)) {
      return -1;
    }
    return skipSpace(i + word.length());
  }

  private int rawTagEnd(int from) {
    if (source.startsWith("-%}", from)) {
      return skipSpace(from + 3);
    }
    return source.startsWith("%}", from) ? from + 2 : -1;
  }

  private int tagClose(int from) {
    if (source.startsWith("-%}", from) || source.startsWith("+%}", from)) {
      return from + 3;
    }
    return source.startsWith("%}", from) ? from + 2 : -1;
  }

  private void afterTag(int end, char sign, boolean block) {
    int next = end;
    if (sign == '-') {
      next = skipSpace(end);
    } else if (block && sign != '+' && next < source.length() && source.charAt(next) == '\n') {
      next++;
    }
    position = next;
    atLineStart = source.charAt(next - 1) == '\n';
  }

  private int skipSpace(int from) {
    int i = from;
    while (i < source.length() && Text.isSpace(source.charAt(i))) {
      i++;
    }
    return i;
  }

  private void code(boolean block) {
    int start = position;
    String close = block ? "%}" : "}}";
    Deque<Character> open = new ArrayDeque<>();
    while (true) {
      position = skipSpace(position);
      if (position >= source.length()) {
        throw error(start, "the tag is never closed by '" + close + "'");
      }
      char c = source.charAt(position);
      if (open.isEmpty()) {
        boolean signed = c == '-' || (c == '+' && block);
        if (source.startsWith(close, signed ? position + 1 : position)) {
          add(block ? Kind.BLOCK_END : Kind.OUTPUT_END, close, position);
          afterTag(position + (signed ? 3 : 2), signed ? c : ' ', block);
          return;
        }
      }
      if (c == '"' || c == '\'') {
        string(c);
      } else if (isDigit(c)) {
        number();
      } else if (Character.isUnicodeIdentifierStart(c) || c == '_') {
        int end = position + 1;
        while (end < source.length()
            && (Character.isUnicodeIdentifierPart(source.charAt(end))
                || source.charAt(end) == '_')) {
          end++;
        }
        add(Kind.NAME, source.substring(position, end), position);
        position = end;
      } else {
        operator(open);
      }
    }
  }

  private void operator(Deque<Character> open) {
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, position)) {
        char c = operator.charAt(0);
        if (c == '(' || c == '[' || c == '{') {
          open.push(c);
        } else if (c == ')' || c == ']' || c == '}') {
          char expected = c == ')' ? '(' : c == ']' ? '[' : '{';
          if (open.isEmpty() || open.pop() != expected) {
            throw error(position, "unexpected '" + c + "'");
          }
        }
        add(Kind.OPERATOR, operator, position);
        position += operator.length();
        return;
      }
    }
    throw error(position, "unexpected character '" + source.charAt(position) + "'");
  }

  private void number() {
    int start = position;
    int end = start;
    char second =
        start + 1 < source.length() ? Character.toLowerCase(source.charAt(start + 1)) : ' ';
    if (source.charAt(start) == '0' && (second == 'x' || second == 'o' || second == 'b')) {
      int radix = second == 'x' ? 16 : second == 'o' ? 8 : 2;
      end = start + 2;
      while (end < source.length()
          && (Character.digit(source.charAt(end), radix) >= 0 || source.charAt(end) == '_')) {
        end++;
      }
      integer(source.substring(start + 2, end).replace("_", ""), radix, start);
      position = end;
      return;
    }
    end = digits(end);
    boolean fraction = false;
    if (end + 1 < source.length()
        && source.charAt(end) == '.'
        && isDigit(source.charAt(end + 1))
        && !afterDot()) {
      end = digits(end + 1);
      fraction = true;
    }
    if (end < source.length() && Character.toLowerCase(source.charAt(end)) == 'e') {
      int exponent = end + 1;
      if (exponent < source.length()
          && (source.charAt(exponent) == '-' || source.charAt(exponent) == '+')) {
        exponent++;
      }
      if (exponent < source.length() && isDigit(source.charAt(exponent))) {
        end = digits(exponent);
        fraction = true;
      }
    }
    String text = source.substring(start, end).replace("_", "");
    if (fraction) {
      add(Kind.FLOAT, text, start);
    } else {
      integer(text, 10, start);
    }
    position = end;
  }

  private boolean afterDot() {
    return !tokens.isEmpty() && tokens.get(tokens.size() - 1).operator(".");
  }

  private void integer(String digits, int radix, int start) {
    try {
      add(Kind.INTEGER, Long.toString(Long.parseLong(digits, radix)), start);
    } catch (NumberFormatException e) {
      throw error(start, "the number is malformed or does not fit 64 bits");
    }
  }

  private int digits(int from) {
    int i = from;
    while (i < source.length() && (isDigit(source.charAt(i)) || source.charAt(i) == '_')) {
      i++;
    }
    return i;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private void string(char quote) {
    int start = position;
    StringBuilder text = new StringBuilder();
    int i = start + 1;
    while (true) {
      if (i >= source.length()) {
        throw error(start, "the string is never closed");
      }
      char c = source.charAt(i++);
      if (c == quote) {
        break;
      }
      if (c != '\\') {
        text.append(c);
        continue;
      }
      if (i >= source.length()) {
        throw error(start, "the string is never closed");
      }
      char e = source.charAt(i++);
      switch (e) {
        case 'n' -> text.append('\n');
        case 't' -> text.append('\t');
        case 'r' -> text.append('\r');
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'a' -> text.append('\u0007');
        case 'v' -> text.append('\u000b');
        case '\\', '\'', '"' -> text.append(e);
        case '\n' -> {}
        case 'x' -> i = codePoint(text, i, 2);
        case 'u' -> i = codePoint(text, i, 4);
        case 'U' -> i = codePoint(text, i, 8);
        default -> {
          if (e >= '0' && e <= '7') {
            int end = i;
            while (end < source.length()
                && end < i + 2
                && source.charAt(end) >= '0'
                && source.charAt(end) <= '7') {
              end++;
            }
            text.append((char) Integer.parseInt(source.substring(i - 1, end), 8));
            i = end;
          } else {
            text.append('\\').append(e);
          }
        }
      }
    }
    add(Kind.STRING, text.toString(), start);
    position = i;
  }

  private int codePoint(StringBuilder text, int from, int length) {
    int value = -1;
    if (from + length <= source.length()) {
      try {
        value = Integer.parseUnsignedInt(source.substring(from, from + length), 16);
      } catch (NumberFormatException e) {
        value = -1;
      }
    }
    if (!Character.isValidCodePoint(value)) {
      throw error(from, "the string has a malformed escape of a code point");
    }
    text.appendCodePoint(value);
    return from + length;
  }

  private void add(Kind kind, String text, int at) {
    tokens.add(new Token(kind, text, lineAt(at)));
  }

  private int lineAt(int at) {
    for (; lineCountedTo < at; lineCountedTo++) {
      if (source.charAt(lineCountedTo) == '\n') {
        line++;
      }
    }
    return line;
  }

  private InvalidModelFile error(int at, String message) {
    return new InvalidModelFile(what + ", line " + lineAt(at) + ": " + message);
  }
}
