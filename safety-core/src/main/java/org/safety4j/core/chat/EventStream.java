package org.safety4j.core.chat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads the data of server-sent events. */
final class EventStream {
  private final Wire.Answer answer;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final StringBuilder data = new StringBuilder();
  private List<ByteBuffer> bytes = List.of();
  private int at;
  private boolean some;
  private boolean ended;

  EventStream(Wire.Answer answer) {
    this.answer = answer;
  }

  /** Returns the next event's data; null at the end. */
  String next() throws Failed {
    while (!ended) {
      String text = readLine();
      if (text == null) {
        ended = true;
      } else if (text.startsWith("data:")) {
        int from = text.startsWith("data: ") ? 6 : 5;
        data.append(some ? "\n" : "").append(text, from, text.length());
        some = true;
        continue;
      } else if (!text.isEmpty()) {
        continue;
      }
      if (some) {
        String event = data.toString();
        data.setLength(0);
        some = false;
        return event;
      }
    }
    return null;
  }

  private String readLine() throws Failed {
    while (true) {
      while (at < bytes.size()) {
        ByteBuffer buffer = bytes.get(at);
        while (buffer.hasRemaining()) {
          byte b = buffer.get();
          if (b == '\n') {
            return take();
          }
          line.write(b);
        }
        at++;
      }
      bytes = answer.next();
      at = 0;
      if (bytes == null) {
        bytes = List.of();
        return line.size() == 0 ? null : take();
      }
    }
  }

  private String take() {
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }
}
