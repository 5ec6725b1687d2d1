package org.safety4j.core.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.safety4j.core.chat.ScriptedServer.completion;
import static org.safety4j.core.chat.ScriptedServer.drop;
import static org.safety4j.core.chat.ScriptedServer.end;
import static org.safety4j.core.chat.ScriptedServer.events;
import static org.safety4j.core.chat.ScriptedServer.head;
import static org.safety4j.core.chat.ScriptedServer.json;
import static org.safety4j.core.chat.ScriptedServer.piece;
import static org.safety4j.core.chat.ScriptedServer.reply;
import static org.safety4j.core.chat.ScriptedServer.says;
import static org.safety4j.core.chat.ScriptedServer.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.EndpointFailure;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.ChatReply;
import org.safety4j.core.model.IncompleteReplies;
import org.safety4j.core.run.Budget;
import org.safety4j.core.text.Completion.Finish;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;

@Timeout(10)
class EndpointTest {
  private static final String KEY = "sk-very-secret-0123456789";
  private static final Duration MS = Duration.ofMillis(1);
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private ScriptedServer serve(ScriptedServer.Turn... script) throws IOException {
    ScriptedServer server = new ScriptedServer(script);
    open.add(server);
    return server;
  }

  private static Endpoint quick(ScriptedServer server) {
    return Endpoint.openAiCompatible(server.address(), "m")
        .withTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(4))
        .withRetries(new Endpoint.Retries(3, MS, Duration.ofMillis(50), 1));
  }

  private Chat open(Endpoint endpoint) {
    Chat chat = EndpointChat.open(endpoint, name -> name.equals("THE_KEY") ? KEY : null);
    open.add(chat);
    return chat;
  }

  private static EndpointFailure failure(Runnable call) {
    EndpointFailure failure = catchThrowableOfType(EndpointFailure.class, call::run);
    assertThat(failure).isNotNull();
    for (Throwable t = failure; t != null; t = t.getCause()) {
      assertThat(String.valueOf(t)).doesNotContain(KEY);
    }
    return failure;
  }

  private static JsonNode body(String request) throws IOException {
    return new ObjectMapper().readTree(request.substring(request.indexOf("\r\n\r\n") + 4));
  }

  @Test
  void asksAndUnderstands() throws IOException {
    ScriptedServer server = serve(says("Paris."));
    Chat chat = Chat.openAiCompatible(server.address(), "m");
    open.add(chat);
    ChatReply reply =
        chat.replies(
                List.of(List.of(Message.system("Be brief."), Message.user("Capital of France?"))),
                Decoding.greedy(9).withStop("\n"))
            .get(0);
    assertThat(reply).isEqualTo(new ChatReply.Answer("Paris.", Finish.END_TOKEN, 7, 3));
    assertThat(server.requests()).hasSize(1);
    String request = server.requests().get(0);
    assertThat(request)
        .startsWith("POST /v1/chat/completions ")
        .doesNotContainIgnoringCase("authorization");
    JsonNode sent = body(request);
    assertThat(sent.path("model").asText()).isEqualTo("m");
    assertThat(sent.path("max_tokens").asInt()).isEqualTo(9);
    assertThat(sent.path("temperature").asDouble(-1)).isZero();
    assertThat(sent.path("stop").path(0).asText()).isEqualTo("\n");
    assertThat(sent.has("seed")).isFalse();
    assertThat(sent.path("messages").size()).isEqualTo(2);
    assertThat(sent.path("messages").path(0).path("role").asText()).isEqualTo("system");
    assertThat(sent.path("messages").path(1).path("content").asText())
        .isEqualTo("Capital of France?");
    assertThat(chat.card().origin()).isEqualTo(server.address().toString());
  }

  @Test
  void namesTheLimitAsNewerModelsWantIt() throws IOException {
    ScriptedServer server = serve(says("a"), says("b"));
    Endpoint endpoint =
        quick(server).withLimitField(Endpoint.LimitField.MAX_COMPLETION_TOKENS).withParallel(2);
    Chat chat = open(endpoint.withRequestsPerMinute(6_000).withMaxBytes(4_096));
    chat.replies(List.of(List.of(Message.user("hello"))), Decoding.greedy(9));
    JsonNode sent = body(server.requests().get(0));
    assertThat(sent.path("max_completion_tokens").asInt()).isEqualTo(9);
    assertThat(sent.has("max_tokens")).isFalse();
  }

  @Test
  void samplingSendsASeedARowThatDependsOnTheDecodingsAlone() throws IOException {
    ScriptedServer server = serve(says("a"), says("b"), says("c"));
    Chat chat = open(quick(server));
    Decoding decoding = Decoding.sampling(5, 0.7).withTopP(0.9).withSeed(11);
    List<Message> hello = List.of(Message.user("hello"));
    chat.replies(List.of(hello, hello), decoding);
    chat.replies(List.of(hello), decoding);
    List<Integer> seeds = new ArrayList<>();
    for (String request : server.requests()) {
      assertThat(body(request).path("top_p").asDouble()).isEqualTo(0.9);
      assertThat(body(request).path("seed").isInt()).isTrue();
      seeds.add(body(request).path("seed").asInt());
    }
    assertThat(seeds.get(0)).isNotEqualTo(seeds.get(1)).isEqualTo(seeds.get(2));
  }

  @Test
  void picturesGoAsDataUrls() throws IOException {
    ScriptedServer server = serve(says("A cat."));
    Chat chat = open(quick(server));
    String url = "data:image/png;base64,iVBORw0KGgo=";
    chat.reply(List.of(Message.user(List.of(Part.text("What is it?"), Part.image(url)))));
    JsonNode parts = body(server.requests().get(0)).path("messages").path(0).path("content");
    assertThat(parts.path(0).path("text").asText()).isEqualTo("What is it?");
    assertThat(parts.path(1).path("image_url").path("url").asText()).isEqualTo(url);
    assertThatThrownBy(() -> chat.reply(List.of(Message.user(List.of(Part.image())))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Part.image(url)");
  }

  @Test
  void asksAgainWhenTheServiceIsIllOrTheConnectionBreaks() throws IOException {
    ScriptedServer server =
        serve(
            reply(500, "application/json", "{\"error\":{\"message\":\"oops\"}}"),
            drop(),
            out -> write(out, head(200, "application/json") + "Content-Length: 900\r\n\r\n{\"ch"),
            says("At last."));
    assertThat(open(quick(server)).ask("?").text()).isEqualTo("At last.");
    assertThat(server.requests()).hasSize(4).allMatch(r -> r.equals(server.requests().get(0)));
  }

  @Test
  void givesUpAfterTheRetriesAndSaysWhatTheServiceSaid() throws IOException {
    ScriptedServer.Turn ill = reply(503, "application/json", "{\"error\":{\"message\":\"oops\"}}");
    ScriptedServer server = serve(ill, ill, ill, ill, says("too late"));
    Chat chat = open(quick(server));
    assertThat(failure(() -> chat.ask("?")))
        .hasMessageContaining("status 503: oops")
        .hasMessageContaining("tried 4 times")
        .hasMessageContaining("model m")
        .hasMessageContaining("retries");
    assertThat(server.requests()).hasSize(4);
  }

  @Test
  void waitsAsLongAsItIsTold() throws IOException {
    ScriptedServer server =
        serve(reply(429, "text/plain", "slow down", "Retry-After: 1"), says("Yes."));
    Chat chat =
        open(quick(server).withRetries(new Endpoint.Retries(3, MS, Duration.ofSeconds(2), 1)));
    long start = System.nanoTime();
    assertThat(chat.ask("?").text()).isEqualTo("Yes.");
    assertThat(System.nanoTime() - start).isBetween(1_000_000_000L, 3_000_000_000L);
  }

  @Test
  void understandsDates() throws IOException {
    String past = "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT";
    ScriptedServer server = serve(reply(503, "text/plain", "", past), says("Yes."));
    assertThat(open(quick(server)).ask("?").text()).isEqualTo("Yes.");
    String future = "Retry-After: Fri, 21 Oct 2095 07:28:00 GMT";
    Chat chat = open(quick(serve(reply(503, "text/plain", "", future), says("never"))));
    assertThat(failure(() -> chat.ask("?"))).hasMessageContaining("left alone");
  }

  @Test
  void doesNotWaitLongerThanAllowed() throws IOException {
    ScriptedServer server =
        serve(reply(429, "text/plain", "slow down", "Retry-After: 3600"), says("never"));
    Chat chat = open(quick(server));
    assertThat(failure(() -> chat.ask("?")))
        .hasMessageContaining("429: slow down")
        .hasMessageContaining("3600.0 s")
        .hasMessageContaining("0.05 s");
    assertThat(server.requests()).hasSize(1);
    Chat hurried =
        open(
            quick(serve(reply(429, "text/plain", "", "Retry-After: 30")))
                .withRetries(new Endpoint.Retries(3, MS, Duration.ofMinutes(1), 1)));
    assertThat(failure(() -> hurried.ask("?"))).hasMessageContaining("deadline of 4.0 s");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 400, 401, 403, 404, 408, 422})
  void otherStatusesAreFinal(int status) throws IOException {
    ScriptedServer server =
        serve(
            reply(
                status,
                "application/json",
                "{\"error\":{\"message\":\"bad key " + KEY + " sent\"}}",
                "Location: http://127.0.0.1:1/elsewhere"),
            says("never"));
    Chat chat = open(quick(server).withKeyFrom("THE_KEY"));
    EndpointFailure failure = failure(() -> chat.ask("?"));
    assertThat(failure).hasMessageContaining("status " + status + ": bad key [key] sent");
    if (status == 401) {
      assertThat(failure).hasMessageContaining("environment variable THE_KEY");
    }
    assertThat(server.requests()).hasSize(1);
    assertThat(server.requests().get(0)).contains("Authorization: Bearer " + KEY);
  }

  @Test
  void theKeyIsNowhereToBeRead() throws IOException {
    ScriptedServer server = serve(reply(401, "text/plain", "no: " + KEY.repeat(40)));
    Endpoint endpoint = quick(server).withKeyFrom("THE_KEY");
    Chat chat = open(endpoint);
    assertThat(endpoint + " " + chat + " " + chat.card()).doesNotContain(KEY);
    assertThat(failure(() -> chat.ask("?"))).hasMessageNotContaining("sk-very");
    assertThatThrownBy(() -> EndpointChat.open(endpoint, name -> null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("THE_KEY");
    assertThatThrownBy(() -> EndpointChat.open(endpoint, name -> "two\nlines"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("THE_KEY")
        .hasMessageNotContaining("two");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"choices\":[{\"message\":{\"content\":\"half an ans",
        "",
        "null",
        "[]",
        "{}",
        "{\"choices\":null}",
        "{\"choices\":{}}",
        "{\"choices\":[]}",
        "{\"choices\":[null]}",
        "{\"choices\":[{\"message\":\"text\"}]}",
        "{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"stop\"}]}",
        "{\"choices\":[{\"message\":{\"content\":5}}]}",
        "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":[1]}]}",
        "{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":\"many\"}",
        "{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":-1}}",
        "{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":1e99}}",
        "{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":\"7\"}}",
        "{\"error\":{\"message\":\"out of memory\"}}",
        "{\"choices\":[{\"message\":{\"content\":\"x\"}}]} {}",
      })
  void bodiesThatMakeNoSenseAreNamedAndNotAskedForAgain(String body) throws IOException {
    ScriptedServer server = serve(json(body), says("never"));
    Chat chat = open(quick(server));
    assertThat(failure(() -> chat.ask("?")))
        .hasMessageContaining("answered with")
        .hasMessageContaining("OpenAI's chat completions protocol");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void deepNestingIsRefused() throws IOException {
    Chat chat = open(quick(serve(json("{\"a\":" + "[".repeat(100_000)))));
    assertThat(failure(() -> chat.ask("?"))).hasMessageContaining("nesting depth");
  }

  @Test
  void wrongContentTypeIsRefused() throws IOException {
    Chat chat = open(quick(serve(reply(200, "text/html", "<html>Welcome</html>"))));
    assertThat(failure(() -> chat.ask("?")))
        .hasMessageContaining("text/html")
        .hasMessageContaining("/v1");
  }

  @Test
  void hugeBodiesEndEarly() throws Exception {
    CountDownLatch cut = new CountDownLatch(1);
    ScriptedServer server =
        serve(
            out -> {
              write(out, head(200, "application/json") + "\r\n{\"choices\":\"");
              byte[] megabyte = new byte[1 << 20];
              java.util.Arrays.fill(megabyte, (byte) 'a');
              try {
                for (int i = 0; i < 4096; i++) {
                  out.write(megabyte);
                }
              } catch (IOException e) {
                cut.countDown();
                throw e;
              }
            });
    Chat chat = open(quick(server).withMaxBytes(100_000));
    assertThat(failure(() -> chat.ask("?")))
        .hasMessageContaining("more than 100000 bytes")
        .hasMessageContaining("maxBytes");
    assertThat(cut.await(5, TimeUnit.SECONDS)).isTrue();
  }

  private static ScriptedServer.Turn drip(String before, String drop) {
    return out -> {
      write(out, before);
      for (int i = 0; i < 2_000; i++) {
        write(out, drop);
        Thread.sleep(5);
      }
    };
  }

  @Test
  void theDeadlineHoldsHoweverTheServiceDrips() throws IOException {
    String[] befores = {
      "", head(200, "application/json") + "\r\n", head(500, "text/plain") + "\r\n",
    };
    for (String before : befores) {
      Chat chat =
          open(
              quick(serve(drip(before, "x")))
                  .withTimeouts(
                      Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofMillis(200)));
      long start = System.nanoTime();
      assertThat(failure(() -> chat.ask("?")))
          .hasMessageContaining(before.contains("500") ? "500" : "deadline of 0.2 s");
      assertThat(System.nanoTime() - start).isLessThan(1_500_000_000L);
    }
  }

  @Test
  void silenceEndsTheCall() throws IOException {
    ScriptedServer server = serve(out -> Thread.sleep(3_000), says("never"));
    Chat chat =
        open(
            quick(server)
                .withTimeouts(
                    Duration.ofSeconds(2), Duration.ofMillis(100), Duration.ofSeconds(4)));
    assertThat(failure(() -> chat.ask("?"))).hasMessageContaining("nothing for 0.1 s");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void nobodyThereIsSaid() throws IOException {
    ScriptedServer server = serve();
    URI gone = server.address();
    server.close();
    Chat chat =
        open(Endpoint.openAiCompatible(gone, "m").withRetries(new Endpoint.Retries(1, MS, MS, 0)));
    assertThat(failure(() -> chat.ask("?")))
        .hasMessageContaining("could not be reached")
        .hasMessageContaining("tried 2 times");
  }

  @Test
  void streamsPieceByPiece() throws Exception {
    CountDownLatch heard = new CountDownLatch(1);
    ScriptedServer server =
        serve(
            out -> {
              write(out, head(200, "text/event-stream") + "\r\n: hello\r\n\r\n");
              write(out, "event: x\ndata:" + piece("Pa") + "\n\n");
              assertThat(heard.await(2, TimeUnit.SECONDS)).isTrue();
              for (String data : List.of(piece("ris"), piece(""), end("length"))) {
                write(out, "data: " + data + "\r\n\r\n");
              }
              write(out, "data: " + ScriptedServer.USAGE + "\n\ndata: [DONE]\n\n");
              Thread.sleep(2_000);
            });
    Chat chat = open(quick(server));
    List<String> pieces = new ArrayList<>();
    long start = System.nanoTime();
    ChatReply reply =
        chat.stream(
            "?",
            text -> {
              pieces.add(text);
              heard.countDown();
            });
    assertThat(pieces).containsExactly("Pa", "ris");
    assertThat(reply).isEqualTo(new ChatReply.Answer("Paris", Finish.LENGTH, 5, 2));
    assertThat(System.nanoTime() - start).isLessThan(1_500_000_000L);
    assertThat(
            body(server.requests().get(0)).path("stream_options").path("include_usage").asBoolean())
        .isTrue();
  }

  @Test
  void halfAStreamIsNoAnswer() throws IOException {
    ScriptedServer server = serve(events(piece("Pa"), piece("r")), events(piece("never")));
    Chat chat = open(quick(server));
    List<String> pieces = new ArrayList<>();
    assertThat(failure(() -> chat.stream("?", pieces::add)))
        .hasMessageContaining("before the answer was whole")
        .hasMessageContaining("after 2 pieces");
    assertThat(pieces).containsExactly("Pa", "r");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void aStreamThatBreaksBeforeItsFirstPieceIsAskedForAgain() throws IOException {
    ScriptedServer server =
        serve(reply(502, "text/plain", ""), events(), events(piece("Yes"), end("stop"), "[DONE]"));
    assertThat(open(quick(server)).stream("?", text -> {}).text()).isEqualTo("Yes");
    assertThat(server.requests()).hasSize(3);
  }

  @Test
  void aFinishedStreamIsKeptWhenOnlyItsEndIsLost() throws IOException {
    ScriptedServer server = serve(events(piece("Yes"), end("stop")));
    assertThat(open(quick(server)).stream("?", text -> {}))
        .isEqualTo(new ChatReply.Answer("Yes", Finish.END_TOKEN, 0, 0));
  }

  @Test
  void nonsenseInAStreamIsNamed() throws IOException {
    for (String nonsense :
        List.of("{\"choices\":[{\"delta\":{\"content\":7}}]}", "{", "{\"error\":\"overloaded\"}")) {
      Chat chat = open(quick(serve(events(piece("a"), nonsense, end("stop"), "[DONE]"))));
      assertThat(failure(() -> chat.stream("?", text -> {})))
          .hasMessageContaining("after 1 pieces");
    }
    Chat whole = open(quick(serve(says("not a stream"))));
    assertThat(failure(() -> whole.stream("?", text -> {})))
        .hasMessageContaining("application/json")
        .hasMessageContaining("may not stream");
  }

  @Test
  void whatTheListenerThrowsComesThroughAndEndsTheStream() throws IOException {
    Chat chat =
        open(
            quick(
                serve(
                    drip(
                        head(200, "text/event-stream") + "\r\n", "data: " + piece("a") + "\n\n"))));
    assertThatThrownBy(
            () ->
                chat.stream(
                    "?",
                    text -> {
                      throw new IllegalStateException("enough");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("enough");
  }

  @Test
  void aFilteredAnswerIsARefusalThatCounts() throws IOException {
    ScriptedServer server = serve(json(completion("null", "\"content_filter\"")));
    ChatReply reply = open(quick(server)).ask("?");
    assertThat(reply.refused()).isTrue();
    assertThat(reply.promptTokens() + reply.tokens()).isEqualTo(10);
  }

  @Test
  void finishedAnswersOfABatchAreKept() throws IOException {
    ScriptedServer server = serve(says("one"), says("two"), reply(400, "text/plain", "no"));
    Chat chat = open(quick(server));
    List<Message> hello = List.of(Message.user("hello"));
    IncompleteReplies incomplete =
        catchThrowableOfType(
            IncompleteReplies.class,
            () -> chat.replies(List.of(hello, hello, hello, hello), Decoding.greedy(5)));
    assertThat(incomplete.finished().stream().map(r -> r.map(ChatReply::text)))
        .containsExactly(
            Optional.of("one"), Optional.of("two"), Optional.empty(), Optional.empty());
    assertThat(incomplete)
        .hasMessageContaining("conversation 2")
        .hasMessageContaining("status 400");
    assertThat(server.requests()).hasSize(3);
  }

  @Test
  void asksSeveralAtOnceInOrder() throws IOException {
    CountDownLatch all = new CountDownLatch(3);
    ScriptedServer server = serve();
    for (int i = 0; i < 3; i++) {
      server.then(
          out -> {
            all.countDown();
            assertThat(all.await(3, TimeUnit.SECONDS)).isTrue();
            says("x").answer(out);
          });
    }
    Chat chat = open(quick(server).withParallel(3));
    List<List<Message>> batch = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      batch.add(List.of(Message.user("hello " + i)));
    }
    assertThat(chat.replies(batch, Decoding.greedy(5))).hasSize(3);
    assertThat(all.getCount()).isZero();
  }

  @Test
  void keepsTheRateLimit() throws IOException {
    ScriptedServer server = serve(says("a"), reply(500, "text/plain", ""), says("b"), says("c"));
    Chat chat = open(quick(server).withRequestsPerMinute(600));
    long start = System.nanoTime();
    List<Message> hello = List.of(Message.user("hello"));
    chat.replies(List.of(hello, hello, hello), Decoding.greedy(5));
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(300_000_000L);
  }

  @Test
  void aBudgetOfTokensCountsWhatTheServiceSays() throws IOException {
    Chat chat = open(quick(serve(says("a"), says("b"), says("never"))));
    Chat metered = Access.restrict(chat, Chat.class, Budget.tokens(15));
    metered.ask("?");
    metered.ask("?");
    assertThat(Access.usage(metered).tokens()).isEqualTo(20);
    assertThatThrownBy(() -> metered.ask("?"))
        .isInstanceOf(BudgetExceeded.class)
        .hasMessageContaining("15")
        .hasMessageContaining("20");
  }

  @Test
  void interruptionEndsTheCall() throws IOException {
    Chat chat = open(quick(serve(out -> Thread.sleep(3_000))));
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> chat.ask("?")).isInstanceOf(RunCancelled.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void whatTheProtocolCannotCarryIsSaidBeforeAnythingIsAsked() throws IOException {
    ScriptedServer server = serve();
    Chat chat = open(quick(server));
    List<List<Message>> hello = List.of(List.of(Message.user("hello")));
    assertThatThrownBy(() -> chat.replies(hello, Decoding.sampling(5, 1).withTopK(4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("topK must be 0");
    assertThatThrownBy(() -> chat.replies(hello, Decoding.beams(5, 2)))
        .hasMessageContaining("beams must be 1");
    assertThatThrownBy(
            () ->
                chat.replies(
                    List.of(hello.get(0), List.of(Message.tool("42"))), Decoding.greedy(5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tool");
    assertThat(server.requests()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://host/v1",
        "file:///etc/passwd",
        "localhost:8080/v1",
        "/v1",
        "http://user:secret@host/v1",
        "https://host/v1?key=secret",
        "https://host/v1#secret",
      })
  void refusesOtherAddresses(String address) {
    assertThatThrownBy(() -> Endpoint.openAiCompatible(URI.create(address), "m"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("address must be")
        .hasMessageNotContaining("secret");
  }

  @Test
  void refusesOptionsOutOfRange() {
    Endpoint endpoint = Endpoint.openAiCompatible(URI.create("http://localhost/v1"), "m");
    assertThatThrownBy(() -> endpoint.withParallel(0)).hasMessageContaining("parallel");
    assertThatThrownBy(() -> endpoint.withMaxBytes(5)).hasMessageContaining("maxBytes");
    assertThatThrownBy(() -> endpoint.withRequestsPerMinute(-1))
        .hasMessageContaining("requestsPerMinute");
    assertThatThrownBy(() -> endpoint.withTimeouts(Duration.ZERO, MS, MS))
        .hasMessageContaining("connect");
    assertThatThrownBy(() -> new Endpoint.Retries(3, MS, Duration.ZERO, 0))
        .hasMessageContaining("longest");
    assertThatThrownBy(() -> endpoint.withKeyFrom(" ")).hasMessageContaining("keyVariable");
  }

  @Test
  void aClosedChatSaysSo() throws IOException {
    Chat chat = open(quick(serve(says("never"))));
    chat.close();
    assertThatThrownBy(() -> chat.ask("?")).isInstanceOf(IllegalStateException.class);
  }
}
