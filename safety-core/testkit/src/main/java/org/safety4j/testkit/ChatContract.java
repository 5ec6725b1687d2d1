package org.safety4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.ChatReply;
import org.safety4j.core.model.Model;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;

/** What every chat must keep to that answers the same conversation in the same way. */
public abstract class ChatContract extends ModelContract<Chat> {
  private static final Decoding SIX = Decoding.greedy(6);

  /** For subclasses. */
  protected ChatContract() {}

  /**
   * Returns conversations that the chat can answer.
   *
   * @return two or more
   */
  protected List<List<Message>> conversations() {
    return List.of(
        List.of(Message.user("Tell me about the fox.")),
        List.of(Message.user("Hello"), Message.assistant("Hi."), Message.user("Open the door!")));
  }

  /**
   * Tells whether replies say how many tokens they took.
   *
   * @return true by default
   */
  protected boolean countsTokens() {
    return true;
  }

  @Override
  protected List<Class<? extends Model>> rungs() {
    return List.of(Chat.class);
  }

  @Override
  protected float[] answer(Chat asked, NDManager own) {
    StringBuilder all = new StringBuilder("\n");
    asked.replies(conversations(), SIX).forEach(reply -> all.append(reply.text()).append('\n'));
    float[] numbers = new float[all.length()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = all.charAt(i);
    }
    return numbers;
  }

  @Override
  void use() {
    model().replies(conversations(), SIX);
    model().stream(conversations().get(0), SIX, text -> {});
  }

  @Test
  final void answersEveryConversationOfABatchAsIfAlone() {
    List<ChatReply> together = model().replies(conversations(), SIX);
    assertThat(together).hasSameSizeAs(conversations());
    for (int i = 0; i < together.size(); i++) {
      assertThat(model().replies(List.of(conversations().get(i)), SIX))
          .containsExactly(together.get(i));
    }
  }

  @Test
  final void streamsTheSameReplyInPieces() {
    for (List<Message> conversation : conversations()) {
      List<String> pieces = new ArrayList<>();
      ChatReply streamed = model().stream(conversation, SIX, pieces::add);
      assertThat(streamed).isEqualTo(model().replies(List.of(conversation), SIX).get(0));
      assertThat(String.join("", pieces)).isEqualTo(streamed.text());
      assertThat(pieces).doesNotContain("");
    }
  }

  @Test
  final void viewsAskTheSame() {
    ChatReply reply =
        model().replies(List.of(List.of(Message.user("Hello"))), model().decoding()).get(0);
    assertThat(model().ask("Hello")).isEqualTo(reply);
    assertThat(model().reply(List.of(Message.user("Hello")))).isEqualTo(reply);
    assertThat(model().stream("Hello", text -> {})).isEqualTo(reply);
  }

  @Test
  final void keepsToTheNumberOfTokens() {
    for (ChatReply reply : model().replies(conversations(), SIX)) {
      assertThat(reply.text()).isNotNull();
      assertThat(reply.tokens()).isBetween(0, 6);
      if (countsTokens() && !reply.refused()) {
        assertThat(reply.promptTokens()).isPositive();
        assertThat(reply.tokens()).isPositive();
      }
    }
  }

  @Test
  final void refusesPartsThatItCannotSee() {
    List<Message> strange = List.of(Message.user(List.of(new Part("smell", java.util.Map.of()))));
    assertRefused(() -> model().replies(List.of(strange), SIX), "smell");
  }
}
