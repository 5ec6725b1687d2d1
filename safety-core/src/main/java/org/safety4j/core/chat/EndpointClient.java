package org.safety4j.core.chat;

import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import dev.langchain4j.http.client.sse.ServerSentEventParsingHandle;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.safety4j.core.error.EndpointFailure;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.error.SafetyException;
import org.safety4j.core.tensor.Rng;

/**
 * Carries LangChain4j's requests: deadline, rate limit, retries, and bodies that are checked before
 * LangChain4j sees them. Works on the calling thread.
 */
final class EndpointClient implements HttpClient {
  static final String EVENTS = "text/event-stream";
  private static final String JSON = "application/json";
  private static final String DONE = "[DONE]";

  private final Endpoint endpoint;
  private final Wire wire;
  private final RateLimit limit;
  private final Rng jitter;
  private final AtomicLong calls = new AtomicLong();

  EndpointClient(Endpoint endpoint, Wire wire) {
    this.endpoint = endpoint;
    this.wire = wire;
    this.limit = new RateLimit(endpoint.requestsPerMinute());
    this.jitter = Rng.of(endpoint.retries().seed()).derive("endpoint-backoff");
  }

  /** Thrown through LangChain4j, which would map an exception by its causes. */
  static final class Carried extends NonRetriableException {
    private static final long serialVersionUID = 1L;
    private final SafetyException failure;

    Carried(SafetyException failure) {
      super(failure.getMessage());
      this.failure = failure;
    }

    SafetyException failure() {
      return failure;
    }
  }

  private interface Attempt<T> {
    T run(Deadline deadline) throws Failed;
  }

  @Override
  public SuccessfulHttpResponse execute(HttpRequest request) {
    return untilDone(
        deadline -> {
          try (Wire.Answer answer =
              wire.post(request.url(), request.headers(), request.body(), JSON, deadline)) {
            return SuccessfulHttpResponse.builder()
                .statusCode(200)
                .body(CompletionBody.whole(answer.all()))
                .build();
          }
        });
  }

  @Override
  public void execute(
      HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
    Cancellation cancellation = new Cancellation();
    untilDone(
        deadline -> {
          try (Wire.Answer answer =
              wire.post(request.url(), request.headers(), request.body(), EVENTS, deadline)) {
            tell(new EventStream(answer), listener, cancellation);
            return null;
          }
        });
    if (!cancellation.isCancelled()) {
      listener.onClose();
    }
  }

  /** Passes events on until the answer is whole; after the first one nothing is tried again. */
  private static void tell(
      EventStream stream, ServerSentEventListener listener, Cancellation cancellation)
      throws Failed {
    boolean finished = false;
    int told = 0;
    try {
      for (String data = stream.next(); !DONE.equals(data); data = stream.next()) {
        if (data == null) {
          if (finished) {
            return;
          }
          throw Failed.forNow(
              "ended the stream before the answer was whole", "try again", null, null);
        }
        CompletionBody.Piece piece = CompletionBody.piece(data);
        finished |= piece.finishes();
        told++;
        listener.onEvent(
            new ServerSentEvent(null, piece.json()), new ServerSentEventContext(cancellation));
        if (cancellation.isCancelled()) {
          return;
        }
      }
    } catch (Failed e) {
      if (finished) {
        return; // All of the answer is there; only the count of tokens may be missing.
      }
      throw told == 0
          ? e
          : e.butNotAgain(
              " after "
                  + told
                  + " pieces of an answer, which therefore is not whole and not returned");
    }
  }

  private static final class Cancellation implements ServerSentEventParsingHandle {
    private volatile boolean cancelled;

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }
  }

  private <T> T untilDone(Attempt<T> attempt) {
    try {
      return tried(attempt);
    } catch (RunCancelled e) {
      throw new Carried(e);
    }
  }

  private <T> T tried(Attempt<T> attempt) {
    Rng mine = jitter.derive(calls.getAndIncrement());
    Deadline.sleep(limit.take());
    Deadline deadline = Deadline.in(endpoint.timeouts().call());
    for (int tried = 1; ; tried++) {
      Failed failed;
      try {
        return attempt.run(deadline);
      } catch (Failed e) {
        failed = e;
      }
      if (!failed.retryable() || tried > endpoint.retries().times()) {
        throw failure(failed, tried, "");
      }
      long wait = Math.max(backoff(tried - 1, mine), asked(failed, tried));
      wait = Math.max(wait, limit.take());
      if (wait > deadline.remaining()) {
        throw failure(
            failed,
            tried,
            "; the next try would come after the deadline of "
                + Wire.seconds(endpoint.timeouts().call()));
      }
      Deadline.sleep(wait);
    }
  }

  private long backoff(int k, Rng mine) {
    Endpoint.Retries retries = endpoint.retries();
    double full = Math.min(retries.longest().toNanos(), retries.first().toNanos() * Math.pow(2, k));
    return (long) (full * (1 - 0.5 * mine.derive(k).sequence().nextDouble()));
  }

  private long asked(Failed failed, int tried) {
    Duration pause = failed.pause();
    if (pause == null) {
      return 0;
    }
    if (pause.compareTo(endpoint.retries().longest()) > 0) {
      throw failure(
          failed,
          tried,
          "; it asks to be left alone for "
              + Wire.seconds(pause)
              + ", longer than the longest wait of "
              + Wire.seconds(endpoint.retries().longest()));
    }
    return pause.toNanos();
  }

  private Carried failure(Failed failed, int tried, String more) {
    return new Carried(
        new EndpointFailure(
            "endpoint "
                + endpoint.address()
                + " (model "
                + endpoint.model()
                + ") "
                + wire.clean(failed.getMessage())
                + failed.more()
                + (tried > 1 ? "; tried " + tried + " times" : "")
                + more
                + "; "
                + failed.remedy(),
            failed.getCause()));
  }

  /** Gives LangChain4j the client that is there already. */
  record Given(HttpClient client) implements HttpClientBuilder {
    @Override
    public Duration connectTimeout() {
      return null;
    }

    @Override
    public HttpClientBuilder connectTimeout(Duration timeout) {
      return this;
    }

    @Override
    public Duration readTimeout() {
      return null;
    }

    @Override
    public HttpClientBuilder readTimeout(Duration timeout) {
      return this;
    }

    @Override
    public HttpClient build() {
      return client;
    }
  }
}
