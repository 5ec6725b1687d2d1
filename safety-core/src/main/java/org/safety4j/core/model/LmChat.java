package org.safety4j.core.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.safety4j.core.error.Require;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;

/** A language model behind a chat template. */
final class LmChat implements Chat {
  private final CausalLm.Black model;
  private final ChatTemplate template;

  LmChat(CausalLm.Black model, ChatTemplate template) {
    this.model = model;
    this.template = template;
  }

  static ChatTemplate templateOf(CausalLm.Black model) {
    return model
        .chatTemplate()
        .orElseThrow(
            () ->
                new UnsupportedModel(
                    "model "
                        + model.card().name()
                        + " came without a chat template; pass one: asChat(template)"));
  }

  private int[] prompt(List<Message> conversation) {
    for (Message message : conversation) {
      for (Part part : message.parts()) {
        Require.that(
            part.type().equals("text"),
            "a message part must be text for "
                + model.card().name()
                + ", which reads nothing else; was "
                + part.type());
      }
    }
    return model.tokenizer().encode(template.render(conversation, true));
  }

  @Override
  public List<ChatReply> replies(List<List<Message>> conversations, Decoding decoding) {
    List<ChatReply> replies = new ArrayList<>();
    for (Completion completion :
        model.generate(conversations.stream().map(this::prompt).toList(), decoding)) {
      replies.add(answer(completion));
    }
    return replies;
  }

  @Override
  public ChatReply stream(
      List<Message> conversation, Decoding decoding, Consumer<String> listener) {
    return answer(
        model.stream(
            prompt(conversation),
            decoding,
            (id, text) -> {
              if (!text.isEmpty()) {
                listener.accept(text);
              }
              return true;
            }));
  }

  private static ChatReply answer(Completion completion) {
    return new ChatReply.Answer(
        completion.text(), completion.finish(), completion.promptTokens(), completion.ids().length);
  }

  /** Leaves half of a small context to the prompt. */
  static Decoding decoding(int contextLength) {
    return Decoding.greedy(Math.max(1, Math.min(256, contextLength / 2)));
  }

  @Override
  public Decoding decoding() {
    return decoding(model.contextLength());
  }

  @Override
  public ModelCard card() {
    return model.card();
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "chat with " + model.card().name();
  }
}
