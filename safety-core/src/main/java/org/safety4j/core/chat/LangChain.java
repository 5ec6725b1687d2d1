package org.safety4j.core.chat;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.ChatReply;
import org.safety4j.core.model.ModelCard;

/**
 * LangChain4j's chat models as chats, and chats as LangChain4j's chat models.
 *
 * <pre>{@code
 * Chat chat = LangChain.chat(ollama);                       // to attack and to guard
 * ChatModel guarded = LangChain.chatModel(shield.model());  // to build an application on
 * }</pre>
 *
 * <p>Carried are messages of system, user and assistant, text and images (as parts with a {@code
 * url}, see {@link org.safety4j.core.text.Part#image(String)}), the number of tokens, temperature,
 * top-p, top-k, stop texts, why an answer ended and the tokens that it took. Whatever else is asked
 * for is an error that names it. A reply of LangChain4j that ended by a content filter is a {@link
 * ChatReply.Refusal} and the other way round. LangChain4j has no seed that every model knows, so
 * what samples there is not repeatable.
 */
public final class LangChain {
  private LangChain() {}

  /**
   * Shows a model as a chat. Streaming tells the whole answer as one piece.
   *
   * @param model the model; stays the caller's
   * @return the chat, as safe for several threads as the model; closing it does nothing
   */
  public static Chat chat(ChatModel model) {
    return chat(model, null, card(model.defaultRequestParameters().modelName(), model));
  }

  /**
   * Shows a streaming model as a chat. Listeners hear pieces on the thread on which LangChain4j
   * tells them.
   *
   * @param model the model; stays the caller's
   * @return the chat, as safe for several threads as the model; closing it does nothing
   */
  public static Chat chat(StreamingChatModel model) {
    return chat(null, model, card(model.defaultRequestParameters().modelName(), model));
  }

  /**
   * Shows a model that exists in both forms as a chat: answers come from the one, streams from the
   * other. Listeners hear pieces on the thread on which LangChain4j tells them.
   *
   * @param model the model; stays the caller's
   * @param streaming the same model, streaming; stays the caller's
   * @return the chat, as safe for several threads as the models; closing it does nothing
   */
  public static Chat chat(ChatModel model, StreamingChatModel streaming) {
    return chat(model, streaming, card(model.defaultRequestParameters().modelName(), model));
  }

  private static Chat chat(ChatModel model, StreamingChatModel streaming, ModelCard card) {
    return new LangChainChat(model, streaming, card, Conversion::parameters);
  }

  private static ModelCard card(String name, Object model) {
    String type = model.getClass().getSimpleName();
    String known = type.isEmpty() ? "LangChain4j model" : type;
    return new ModelCard(name == null ? known : name, "LangChain4j " + known, 0, "", "");
  }

  /**
   * Shows a chat as a model. What a request leaves out is taken from {@link Chat#decoding()}.
   *
   * @param chat the chat; stays the caller's
   * @return the model, as safe for several threads as the chat; it throws LangChain4j's {@code
   *     UnsupportedFeatureException} for what a chat cannot do, and this library's exceptions
   *     otherwise
   */
  public static ChatModel chatModel(Chat chat) {
    return new ChatModel() {
      @Override
      public ChatResponse doChat(ChatRequest request) {
        return Conversion.fromReply(
            chat.replies(
                    List.of(Conversion.fromLangChain(request.messages())),
                    Conversion.decoding(request, chat))
                .get(0),
            chat.card().name());
      }

      @Override
      public String toString() {
        return "LangChain4j model of " + chat;
      }
    };
  }

  /**
   * Shows a chat as a streaming model, which works on the calling thread.
   *
   * @param chat the chat; stays the caller's
   * @return the model, as safe for several threads as the chat; what goes wrong is told to the
   *     handler
   */
  public static StreamingChatModel streamingChatModel(Chat chat) {
    return new StreamingChatModel() {
      @Override
      public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        ChatResponse response;
        try {
          ChatReply reply =
              chat.stream(
                  Conversion.fromLangChain(request.messages()),
                  Conversion.decoding(request, chat),
                  handler::onPartialResponse);
          response = Conversion.fromReply(reply, chat.card().name());
        } catch (RuntimeException e) {
          handler.onError(e);
          return;
        }
        handler.onCompleteResponse(response);
      }

      @Override
      public String toString() {
        return "LangChain4j model of " + chat;
      }
    };
  }
}
