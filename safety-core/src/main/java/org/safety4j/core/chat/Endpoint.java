package org.safety4j.core.chat;

import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import org.safety4j.core.error.NativeUnavailable;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Chat;

/**
 * A service that speaks OpenAI's chat protocol, and how to treat it.
 *
 * <pre>{@code
 * Chat chat = Endpoint.openAiCompatible(URI.create("https://api.example.org/v1"), "large")
 *     .withKeyFrom("EXAMPLE_API_KEY").withRequestsPerMinute(60).open();
 * }</pre>
 *
 * <p>Retried are connections that cannot be made or break, status 429 and status 5xx; other
 * statuses, timeouts and replies that make no sense are not. A reply that has arrived whole is
 * never asked for again.
 *
 * @param address where the protocol begins, {@code http} or {@code https}, such as {@code
 *     http://localhost:8080/v1}; without user, query and fragment, for it is kept with results
 * @param model the model's name there
 * @param keyVariable the environment variable that holds the key, or null for none. The key itself
 *     is read when the endpoint is opened and stands in no message, card or log
 * @param timeouts how long to wait
 * @param retries what to do when a request fails
 * @param requestsPerMinute most requests a minute, retries included, evenly spaced; 0 for no limit
 * @param parallel how many conversations of one batch are asked at once, in [1, 256]; more than 1
 *     starts threads that end when the chat is closed
 * @param maxBytes most bytes of one reply, at least 1024
 * @param limitField in which field the most new tokens are sent
 */
public record Endpoint(
    URI address,
    String model,
    String keyVariable,
    Timeouts timeouts,
    Retries retries,
    int requestsPerMinute,
    int parallel,
    int maxBytes,
    LimitField limitField) {

  /** The field of a request that limits the length of its answer. */
  public enum LimitField {
    /** {@code max_tokens}, which most services know. */
    MAX_TOKENS,
    /** {@code max_completion_tokens}, on which newer models of OpenAI's insist. */
    MAX_COMPLETION_TOKENS
  }

  /**
   * How long to wait. Each at least a millisecond, at most 30 days.
   *
   * @param connect for a connection
   * @param silence for the next byte; for a reply that is not streamed this includes the time that
   *     the model takes to write it
   * @param call for one conversation altogether, from its first request on, with retries and the
   *     waiting between them
   */
  public record Timeouts(Duration connect, Duration silence, Duration call) {
    private static final Duration LEAST = Duration.ofMillis(1);
    private static final Duration MOST = Duration.ofDays(30);

    /**
     * Checks the ranges.
     *
     * @param connect for a connection
     * @param silence for the next byte
     * @param call for one conversation altogether
     * @throws IllegalArgumentException if one is shorter than a millisecond or longer than 30 days
     */
    public Timeouts {
      within("connect", connect);
      within("silence", silence);
      within("call", call);
    }

    private static void within(String field, Duration value) {
      Require.that(
          value != null && value.compareTo(LEAST) >= 0 && value.compareTo(MOST) <= 0,
          field + " must be from 1 ms to 30 days, was " + value);
    }
  }

  /**
   * What to do when a request fails. Wait k is {@code first * 2^k}, less a random part of at most
   * its half, and at most {@code longest}; where the service says how long to wait, that long.
   *
   * @param times how often to ask again, in [0, 100]
   * @param first the first wait, at least 0
   * @param longest the longest wait, at least {@code first}; a service that asks for a longer one
   *     ends the call
   * @param seed root of the waits' randomness
   */
  public record Retries(int times, Duration first, Duration longest, long seed) {
    /**
     * Checks the ranges.
     *
     * @param times how often to ask again, in [0, 100]
     * @param first the first wait, at least 0
     * @param longest the longest wait, at least {@code first}
     * @param seed root of the waits' randomness
     * @throws IllegalArgumentException if a value is out of range
     */
    public Retries {
      Require.inRange("times", times, 0, 100);
      Require.that(
          first != null && !first.isNegative(), "first must be at least 0 s, was " + first);
      Require.that(
          longest != null && longest.compareTo(first) >= 0 && longest.compareTo(Timeouts.MOST) <= 0,
          "longest must be from first (" + first + ") to 30 days, was " + longest);
    }
  }

  /**
   * Checks the ranges.
   *
   * @param address where the protocol begins
   * @param model the model's name there
   * @param keyVariable the environment variable that holds the key, or null for none
   * @param timeouts how long to wait
   * @param retries what to do when a request fails
   * @param requestsPerMinute most requests a minute; 0 for no limit
   * @param parallel how many conversations of one batch are asked at once, in [1, 256]
   * @param maxBytes most bytes of one reply, at least 1024
   * @param limitField in which field the most new tokens are sent
   * @throws IllegalArgumentException if a value is out of range
   */
  public Endpoint {
    String scheme = address.getScheme() == null ? "" : address.getScheme().toLowerCase(Locale.ROOT);
    Require.that(
        (scheme.equals("http") || scheme.equals("https")) && address.getHost() != null,
        "address must be http://host/... or https://host/..., was " + withoutUser(address));
    Require.that(
        address.getRawUserInfo() == null
            && address.getRawQuery() == null
            && address.getRawFragment() == null,
        "address must be without user, query and fragment, for it is kept with results; was "
            + withoutUser(address)
            + "; name the key's environment variable by withKeyFrom");
    Require.that(model != null && !model.isBlank(), "model must not be empty");
    Require.that(
        keyVariable == null || !keyVariable.isBlank(),
        "keyVariable must be the name of an environment variable, or null");
    Require.that(timeouts != null && retries != null, "timeouts and retries must not be null");
    Require.atLeast("requestsPerMinute", requestsPerMinute, 0);
    Require.inRange("parallel", parallel, 1, 256);
    Require.atLeast("maxBytes", maxBytes, 1024);
    Require.that(limitField != null, "limitField must not be null");
  }

  private static String withoutUser(URI address) {
    return address.getScheme()
        + "://"
        + (address.getHost() == null ? "(no host)" : address.getHost())
        + (address.getPort() < 0 ? "" : ":" + address.getPort())
        + (address.getPath() == null ? "" : address.getPath());
  }

  /**
   * Names a service: without key and rate limit, one conversation at a time; 10 s to connect, 2 min
   * of silence, 5 min a call; 4 retries after 1 s, 2 s, 4 s, 8 s, at most 1 min each; 16 MiB a
   * reply; {@code max_tokens}.
   *
   * @param address where the protocol begins, such as {@code http://localhost:8080/v1}
   * @param model the model's name there
   * @return the endpoint, not yet opened
   * @throws IllegalArgumentException if the address is not of a kind that is allowed
   */
  public static Endpoint openAiCompatible(URI address, String model) {
    return new Endpoint(
        address,
        model,
        null,
        new Timeouts(Duration.ofSeconds(10), Duration.ofMinutes(2), Duration.ofMinutes(5)),
        new Retries(4, Duration.ofSeconds(1), Duration.ofMinutes(1), 0),
        0,
        1,
        16 << 20,
        LimitField.MAX_TOKENS);
  }

  /**
   * Sends a key. Use {@code https}, or an address of your own machine: over {@code http} the key
   * can be read on its way.
   *
   * @param variable the environment variable that holds it
   * @return a copy
   */
  public Endpoint withKeyFrom(String variable) {
    return new Endpoint(
        address,
        model,
        variable,
        timeouts,
        retries,
        requestsPerMinute,
        parallel,
        maxBytes,
        limitField);
  }

  /**
   * Changes how long to wait.
   *
   * @param connect for a connection
   * @param silence for the next byte
   * @param call for one conversation altogether
   * @return a copy
   */
  public Endpoint withTimeouts(Duration connect, Duration silence, Duration call) {
    return new Endpoint(
        address,
        model,
        keyVariable,
        new Timeouts(connect, silence, call),
        retries,
        requestsPerMinute,
        parallel,
        maxBytes,
        limitField);
  }

  /**
   * Changes what to do when a request fails.
   *
   * @param value how often and when to ask again
   * @return a copy
   */
  public Endpoint withRetries(Retries value) {
    return new Endpoint(
        address,
        model,
        keyVariable,
        timeouts,
        value,
        requestsPerMinute,
        parallel,
        maxBytes,
        limitField);
  }

  /**
   * Limits the requests.
   *
   * @param value most requests a minute, retries included; 0 for no limit
   * @return a copy
   */
  public Endpoint withRequestsPerMinute(int value) {
    return new Endpoint(
        address, model, keyVariable, timeouts, retries, value, parallel, maxBytes, limitField);
  }

  /**
   * Asks several conversations of a batch at once.
   *
   * @param value how many, in [1, 256]
   * @return a copy
   */
  public Endpoint withParallel(int value) {
    return new Endpoint(
        address,
        model,
        keyVariable,
        timeouts,
        retries,
        requestsPerMinute,
        value,
        maxBytes,
        limitField);
  }

  /**
   * Limits the size of a reply.
   *
   * @param value most bytes, at least 1024
   * @return a copy
   */
  public Endpoint withMaxBytes(int value) {
    return new Endpoint(
        address,
        model,
        keyVariable,
        timeouts,
        retries,
        requestsPerMinute,
        parallel,
        value,
        limitField);
  }

  /**
   * Changes the field in which {@link org.safety4j.core.text.Decoding#maxNewTokens()} is sent.
   *
   * @param value the field; {@code MAX_TOKENS} by default
   * @return a copy
   */
  public Endpoint withLimitField(LimitField value) {
    return new Endpoint(
        address,
        model,
        keyVariable,
        timeouts,
        retries,
        requestsPerMinute,
        parallel,
        maxBytes,
        value);
  }

  /**
   * Opens the chat; no request is made yet. It is safe for use by several threads. A batch of which
   * some conversations fail ends in {@link org.safety4j.core.model.IncompleteReplies}, which holds
   * the answers. Sampling sends a seed a row, derived from the decoding's; whether the service
   * obeys it is its own matter. Of a decoding it takes {@code maxNewTokens}, {@code temperature},
   * {@code topP}, {@code stop} and {@code seed}; others must be at their defaults. Images are parts
   * with a {@code url}, see {@link org.safety4j.core.text.Part#image(String)}.
   *
   * @return the chat, to be closed by the caller
   * @throws IllegalArgumentException if the key's variable is not set or holds no usable key
   * @throws NativeUnavailable if LangChain4j is not on the class path
   */
  public Chat open() {
    try {
      return EndpointChat.open(this, System::getenv);
    } catch (LinkageError e) {
      throw new NativeUnavailable(
          "LangChain4j is not on the class path ("
              + e
              + "); add dev.langchain4j:langchain4j-open-ai",
          e);
    }
  }
}
