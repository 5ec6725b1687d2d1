package org.safety4j.core.text;

import java.util.Arrays;
import java.util.List;

/**
 * The text of an answer while it is written, token by token: holds back what may still change (half
 * of a character, the start of a stop text), and finds stop texts.
 */
public final class WrittenText {
  private static final int WINDOW = 16;

  private final Tokenizer tokenizer;
  private final List<String> stop;
  private final int held;
  private final StringBuilder text = new StringBuilder();
  private int[] ids = new int[64];
  private int count;
  private int settled;
  private int told;
  private boolean stopped;

  /**
   * Starts an empty text.
   *
   * @param tokenizer decodes it
   * @param stop texts that end it
   */
  public WrittenText(Tokenizer tokenizer, List<String> stop) {
    this.tokenizer = tokenizer;
    this.stop = stop;
    this.held = stop.stream().mapToInt(s -> s.length() - 1).max().orElse(0);
  }

  /**
   * Adds a token.
   *
   * @param id the token
   * @return the text that is certain now and was not yet returned
   */
  public String add(int id) {
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
    }
    ids[count++] = id;
    int from = Math.max(0, settled - WINDOW);
    String before = tokenizer.decodePlain(Arrays.copyOfRange(ids, from, settled));
    String now = tokenizer.decodePlain(Arrays.copyOfRange(ids, from, count));
    if (now.length() > before.length() && !now.endsWith("\ufffd") && now.startsWith(before)) {
      int looked = Math.max(0, text.length() - held);
      text.append(now, before.length(), now.length());
      settled = count;
      int at = firstStop(looked);
      if (at >= 0) {
        text.setLength(at);
        stopped = true;
      }
    }
    return tell(stopped ? text.length() : Math.max(told, text.length() - held));
  }

  /**
   * Ends the text.
   *
   * @return what was held back until now
   */
  public String finish() {
    if (!stopped) {
      String all = tokenizer.decodePlain(Arrays.copyOf(ids, count));
      if (all.length() >= told && all.startsWith(text.substring(0, told))) {
        text.setLength(0);
        text.append(all);
      }
    }
    return tell(text.length());
  }

  private String tell(int to) {
    if (to <= told) {
      return "";
    }
    String part = text.substring(told, to);
    told = to;
    return part;
  }

  private int firstStop(int from) {
    int first = -1;
    for (String each : stop) {
      int at = text.indexOf(each, from);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    return first;
  }

  /**
   * Tells whether a stop text was written.
   *
   * @return true once it was
   */
  public boolean stopped() {
    return stopped;
  }

  /**
   * Returns the text so far.
   *
   * @return the text, up to a stop text
   */
  public String text() {
    return text.toString();
  }
}
