package org.safety4j.core.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.safety4j.core.chat.ScriptedServer.says;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.Chat;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;

class EndpointThreadsTest {
  @Test
  void leavesNoThreads() throws Exception {
    for (int i = 0; i < 3; i++) {
      try (ScriptedServer server = new ScriptedServer(says("a"), says("b"));
          Chat chat = Endpoint.openAiCompatible(server.address(), "m").withParallel(2).open()) {
        List<Message> hello = List.of(Message.user("hello"));
        chat.replies(List.of(hello, hello), Decoding.greedy(5));
        assertThat(clientThreads()).isPositive();
      }
    }
    long end = System.nanoTime() + 8_000_000_000L;
    while (clientThreads() > 0 && System.nanoTime() < end) {
      System.gc();
      Thread.sleep(50);
    }
    assertThat(clientThreads()).isZero();
  }

  /** The selector of a client that nobody refers to ends once that has been noticed. */
  private static long clientThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(
            t ->
                t.getName().startsWith("safety4j-endpoint")
                    || t.getName().startsWith("HttpClient-"))
        .count();
  }
}
