package org.safety4j.core.chat;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A service on the loopback address that answers request after request as it is told, well or
 * badly. One connection a request. It ends when it is closed, and by itself after 30 s.
 */
final class ScriptedServer implements AutoCloseable {
  /** Answers one request; what is not written is never sent, for the connection ends afterwards. */
  interface Turn {
    void answer(OutputStream out) throws IOException, InterruptedException;
  }

  private final ServerSocket socket;
  private final Queue<Turn> turns = new ConcurrentLinkedQueue<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final List<Socket> connections = new CopyOnWriteArrayList<>();

  ScriptedServer(Turn... script) throws IOException {
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    socket.setSoTimeout(30_000);
    turns.addAll(List.of(script));
    start(this::accept);
  }

  private void start(Runnable task) {
    Thread thread = new Thread(task, "scripted-server");
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = socket.accept();
        connections.add(connection);
        start(() -> serve(connection));
      }
    } catch (IOException e) {
      // Closed, or nobody came for long.
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      connection.setSoTimeout(30_000);
      requests.add(read(connection.getInputStream()));
      Turn turn = turns.poll();
      if (turn != null) {
        turn.answer(connection.getOutputStream());
        connection.getOutputStream().flush();
      }
    } catch (IOException e) {
      // The client has gone.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String read(InputStream raw) throws IOException {
    InputStream in = new BufferedInputStream(raw);
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.UTF_8).endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("the request ended early");
      }
      head.write(b);
    }
    String text = head.toString(StandardCharsets.UTF_8);
    int length = 0;
    for (String line : text.split("\r\n")) {
      if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(15).strip());
      }
    }
    return text + new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/v1");
  }

  /** Heads and bodies of all requests so far. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  void then(Turn turn) {
    turns.add(turn);
  }

  @Override
  public void close() throws IOException {
    socket.close();
    for (Socket connection : connections) {
      connection.close();
    }
    threads.forEach(Thread::interrupt);
    for (Thread thread : new ArrayList<>(threads)) {
      try {
        thread.join(2_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  static String head(int status, String type, String... more) {
    return "HTTP/1.1 "
        + status
        + " Said\r\nContent-Type: "
        + type
        + "\r\nConnection: close\r\n"
        + (more.length == 0 ? "" : String.join("\r\n", more) + "\r\n");
  }

  /** Answers with a body of known length. */
  static Turn reply(int status, String type, String body, String... more) {
    return out ->
        write(
            out,
            head(status, type, more)
                + "Content-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length
                + "\r\n\r\n"
                + body);
  }

  static Turn json(String body) {
    return reply(200, "application/json; charset=utf-8", body);
  }

  static Turn says(String text) {
    return json(completion("\"" + text + "\"", "\"stop\""));
  }

  static String completion(String content, String finish) {
    return """
        {"id":"c1","object":"chat.completion","created":1,"model":"m","novel":{"x":[1]},
         "choices":[{"index":0,"novel":1,"logprobs":null,
           "message":{"role":"assistant","content":%s,"annotations":[]},"finish_reason":%s}],
         "usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,
           "prompt_tokens_details":{"cached_tokens":2}}}"""
        .formatted(content, finish);
  }

  /** Answers with events; the connection ends after them. */
  static Turn events(String... data) {
    return out -> {
      write(out, head(200, "text/event-stream") + "\r\n");
      for (String each : data) {
        write(out, "data: " + each + "\n\n");
      }
    };
  }

  static String piece(String text) {
    return "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}";
  }

  static String end(String reason) {
    return "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}";
  }

  static final String USAGE =
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}}";

  /** Ends the connection without a word. */
  static Turn drop() {
    return out -> {};
  }
}
