package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.safety4j.core.error.Require;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;
import org.safety4j.core.text.TokenListener;

/** A vision-language model behind a chat template, with images at hand. */
final class VlmChat implements Chat {
  private static final String IMAGE = "image";

  private final VisionLanguageModel.Black model;
  private final NDArray images;
  private final ChatTemplate template;

  VlmChat(VisionLanguageModel.Black model, NDArray images, ChatTemplate template) {
    Require.that(
        images != null && images.getShape().dimension() == 4,
        "images must be float32 [M, C, H, W]");
    this.model = model;
    this.images = images;
    this.template = template;
  }

  private int[] prompt(List<Message> conversation) {
    requireOwnImages(conversation);
    List<Message> messages = withImages(conversation);
    long places = messages.stream().mapToLong(VlmChat::images).sum();
    Require.that(
        places == images.getShape().get(0),
        "the conversation has places for "
            + places
            + " images, there are "
            + images.getShape().get(0));
    return model.prompt(template.render(messages, true));
  }

  private void requireOwnImages(List<Message> conversation) {
    for (Message message : conversation) {
      for (Part part : message.parts()) {
        Require.that(
            part.type().equals(IMAGE) || part.type().equals("text"),
            "a message part must be text or image for "
                + model.card().name()
                + ", was "
                + part.type());
        Require.that(
            !part.type().equals(IMAGE) || part.fields().isEmpty(),
            "an image part must only mark a place in a chat that was given its images, had "
                + part.fields().keySet()
                + "; pass the pixels to about(images)");
      }
    }
  }

  private static long images(Message message) {
    return message.parts().stream().filter(p -> p.type().equals(IMAGE)).count();
  }

  /** Every message as parts, the images before the first user's text where they have no place. */
  private List<Message> withImages(List<Message> conversation) {
    boolean placed = conversation.stream().anyMatch(m -> images(m) > 0);
    List<Message> out = new ArrayList<>();
    for (Message message : conversation) {
      List<Part> parts = new ArrayList<>();
      if (!placed && message.role().equals("user")) {
        for (int i = 0; i < images.getShape().get(0); i++) {
          parts.add(Part.image());
        }
        placed = true;
      }
      if (message.parts().isEmpty()) {
        parts.add(Part.text(message.content() == null ? "" : message.content()));
      } else {
        parts.addAll(message.parts());
      }
      out.add(new Message(message.role(), null, parts, message.extra()));
    }
    return out;
  }

  @Override
  public List<ChatReply> replies(List<List<Message>> conversations, Decoding decoding) {
    List<ChatReply> replies = new ArrayList<>();
    for (List<Message> conversation : conversations) {
      replies.add(
          answer(model.stream(images, prompt(conversation), decoding, TokenListener.SILENT)));
    }
    return replies;
  }

  @Override
  public ChatReply stream(
      List<Message> conversation, Decoding decoding, Consumer<String> listener) {
    return answer(
        model.stream(
            images,
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

  @Override
  public Decoding decoding() {
    return LmChat.decoding(model.contextLength());
  }

  @Override
  public ModelCard card() {
    return model.card();
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "chat with " + model.card().name() + " about images";
  }
}
