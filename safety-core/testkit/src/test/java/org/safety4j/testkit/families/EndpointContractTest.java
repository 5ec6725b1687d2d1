package org.safety4j.testkit.families;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.safety4j.core.chat.Endpoint;
import org.safety4j.core.model.Chat;
import org.safety4j.testkit.ChatContract;

/** A service on the loopback address that says what it heard, as a chat. */
class EndpointContractTest extends ChatContract {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final ExecutorService threads = Executors.newFixedThreadPool(4);
  private final HttpServer server;

  EndpointContractTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/v1/chat/completions", EndpointContractTest::answer);
    server.start();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    JsonNode asked = JSON.readTree(exchange.getRequestBody().readAllBytes());
    JsonNode messages = asked.path("messages");
    String text = messages.path(messages.size() - 1).path("content").asText();
    String said = text.substring(0, Math.min(asked.path("max_tokens").asInt(), text.length()));
    boolean streamed = asked.path("stream").asBoolean();
    StringBuilder body = new StringBuilder();
    if (streamed) {
      for (char c : said.toCharArray()) {
        ObjectNode piece = JSON.createObjectNode();
        piece.putArray("choices").addObject().putObject("delta").put("content", "" + c);
        body.append("data: ").append(piece).append("\n\n");
      }
    }
    ObjectNode end = JSON.createObjectNode();
    ObjectNode choice = end.putArray("choices").addObject().put("finish_reason", "length");
    if (!streamed) {
      choice.putObject("message").put("content", said);
    }
    end.putObject("usage")
        .put("prompt_tokens", messages.toString().length())
        .put("completion_tokens", said.length());
    body.append(streamed ? "data: " : "").append(end);
    body.append(streamed ? "\n\ndata: [DONE]\n\n" : "");
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    exchange
        .getResponseHeaders()
        .set("Content-Type", streamed ? "text/event-stream" : "application/json");
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  protected Chat open() {
    URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
    return Endpoint.openAiCompatible(address, "echo").withParallel(2).open();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }
}
