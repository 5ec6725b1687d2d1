package org.safety4j.core.chat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * One HTTP request and its answer, within limits of time and size. Redirects are not followed, so
 * that the key goes nowhere else.
 */
final class Wire {
  private static final int ERROR_BYTES = 8 << 10;
  private static final int SHOWN = 300;
  private static final String AGAIN = "try again later, or raise retries";

  private final Endpoint endpoint;
  private final String key;
  private final HttpClient client;

  Wire(Endpoint endpoint, String key, ExecutorService threads) {
    this.endpoint = endpoint;
    this.key = key;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(endpoint.timeouts().connect())
            .executor(threads)
            .build();
  }

  /** What has answered with a status of 200 to 299; the body is not read yet. */
  final class Answer implements AutoCloseable {
    private final BodyQueue body;
    private final Deadline deadline;
    private long left = endpoint.maxBytes();

    private Answer(BodyQueue body, Deadline deadline) {
      this.body = body;
      this.deadline = deadline;
    }

    /** Returns the next bytes; null at the end. */
    List<ByteBuffer> next() throws Failed {
      List<ByteBuffer> bytes = read(body, deadline);
      if (bytes != null) {
        for (ByteBuffer each : bytes) {
          left -= each.remaining();
        }
        if (left < 0) {
          throw Failed.forGood(
              "sent more than " + endpoint.maxBytes() + " bytes",
              "raise maxBytes if that is right");
        }
      }
      return bytes;
    }

    byte[] all() throws Failed {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (List<ByteBuffer> bytes = next(); bytes != null; bytes = next()) {
        append(out, bytes);
      }
      return out.toByteArray();
    }

    @Override
    public void close() {
      body.close();
    }
  }

  private static void append(ByteArrayOutputStream out, List<ByteBuffer> bytes) {
    for (ByteBuffer each : bytes) {
      byte[] copy = new byte[each.remaining()];
      each.get(copy);
      out.writeBytes(copy);
    }
  }

  private List<ByteBuffer> read(BodyQueue body, Deadline deadline) throws Failed {
    Duration silence = endpoint.timeouts().silence();
    if (deadline.remaining() <= 0) {
      throw late(deadline);
    }
    try {
      List<ByteBuffer> bytes = body.next(deadline.bound(silence));
      if (bytes != null && bytes.isEmpty()) {
        throw late(deadline);
      }
      return bytes;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private Failed late(Deadline deadline) {
    return deadline.remaining() <= 0
        ? Failed.forGood(
            "had not answered at the deadline of " + seconds(deadline.length()),
            "raise the call timeout")
        : Failed.forGood(
            "sent nothing for " + seconds(endpoint.timeouts().silence()),
            "raise the silence timeout");
  }

  static String seconds(Duration time) {
    return time.toMillis() / 1000.0 + " s";
  }

  private Failed broken(Throwable cause) {
    String what =
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return cause instanceof SSLException
        ? Failed.forGood("has no usable certificate (" + clean(what) + ")", "check the address")
        : Failed.forNow(
            "could not be reached or broke the connection (" + clean(what) + ")",
            "check the address and that the service runs",
            null,
            cause);
  }

  /** Sends a request and waits for the head of the answer. */
  Answer post(
      String url, Map<String, List<String>> headers, String body, String wanted, Deadline deadline)
      throws Failed {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8));
    headers.forEach((name, values) -> values.forEach(value -> request.header(name, value)));
    request.header("Accept", wanted);
    if (key != null) {
      request.header("Authorization", "Bearer " + key);
    }
    HttpResponse<BodyQueue> response = send(request.build(), deadline);
    boolean good = false;
    try {
      requireSuccess(response, deadline);
      requireType(response, wanted);
      good = true;
      return new Answer(response.body(), deadline);
    } finally {
      if (!good) {
        response.body().close();
      }
    }
  }

  private HttpResponse<BodyQueue> send(HttpRequest request, Deadline deadline) throws Failed {
    CompletableFuture<HttpResponse<BodyQueue>> answer =
        client.sendAsync(request, head -> new BodyQueue());
    try {
      return answer.get(deadline.bound(endpoint.timeouts().silence()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw late(deadline);
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw Deadline.interrupted(e);
    } catch (ExecutionException e) {
      throw broken(e.getCause());
    }
  }

  private void requireSuccess(HttpResponse<BodyQueue> response, Deadline deadline) throws Failed {
    int status = response.statusCode();
    if (status / 100 == 2) {
      return;
    }
    String what = "answered with status " + status + said(response.body(), deadline);
    if (status == 429 || status / 100 == 5) {
      throw Failed.forNow(
          what,
          status == 429 ? "set requestsPerMinute, or " + AGAIN : AGAIN,
          retryAfter(response.headers().firstValue("Retry-After")),
          null);
    }
    throw Failed.forGood(
        what,
        switch (status) {
          case 401, 403 ->
              endpoint.keyVariable() == null
                  ? "name the environment variable that holds the key by withKeyFrom"
                  : "check the key in the environment variable " + endpoint.keyVariable();
          case 404 -> "check the address and the model's name";
          case 301, 302, 303, 307, 308 -> "redirects are not followed; use the final address";
          default -> "check the conversation and the decoding against what the service allows";
        });
  }

  /** What the service says about its refusal, as far as that can be had quickly. */
  private String said(BodyQueue body, Deadline deadline) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      for (List<ByteBuffer> bytes = read(body, deadline);
          bytes != null && out.size() < ERROR_BYTES;
          bytes = read(body, deadline)) {
        append(out, bytes);
      }
    } catch (Failed e) {
      // The status says enough.
    }
    String text = clean(CompletionBody.errorMessage(out.toByteArray()));
    return text.isEmpty() ? "" : ": " + text;
  }

  private void requireType(HttpResponse<BodyQueue> response, String wanted) throws Failed {
    String type = response.headers().firstValue("Content-Type").orElse(wanted);
    if (!type.toLowerCase(Locale.ROOT).startsWith(wanted)) {
      throw Failed.forGood(
          "answered with " + clean(type) + " where " + wanted + " was expected",
          wanted.equals(EndpointClient.EVENTS)
              ? "the service may not stream; use reply"
              : "check that the address is where the protocol begins, such as .../v1");
    }
  }

  /** Removes the key and what is not printable, and shortens. */
  String clean(String text) {
    String safe = key == null ? text : text.replace(key, "[key]");
    safe = safe.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    return safe.length() <= SHOWN ? safe : safe.substring(0, SHOWN) + "...";
  }

  /** Reads seconds or a date. */
  private static Duration retryAfter(Optional<String> header) {
    if (header.isEmpty()) {
      return null;
    }
    String value = header.get().strip();
    try {
      if (value.matches("\\d{1,9}")) {
        return Duration.ofSeconds(Long.parseLong(value));
      }
      Instant then = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(Instant.now(), then);
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
