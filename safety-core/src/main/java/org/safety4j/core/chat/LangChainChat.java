package org.safety4j.core.chat;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.exception.ContentFilteredException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.safety4j.core.error.EndpointFailure;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.ChatReply;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;

/** LangChain4j's models as a chat. */
final class LangChainChat implements Chat {
  /** How a decoding becomes parameters; a row has randomness of its own. */
  interface Parameters {
    ChatRequestParameters of(Decoding decoding, int row);
  }

  /** A conversation that can be asked. */
  record Question(ChatRequest request) {}

  private final ChatModel model;
  private final StreamingChatModel streaming;
  private final ModelCard card;
  private final Parameters parameters;

  /** Either model may be null, but not both. */
  LangChainChat(
      ChatModel model, StreamingChatModel streaming, ModelCard card, Parameters parameters) {
    this.model = model;
    this.streaming = streaming;
    this.card = card;
    this.parameters = parameters;
  }

  /** Checks and converts all conversations before the first one is asked. */
  List<Question> questions(List<List<Message>> conversations, Decoding decoding) {
    List<Question> questions = new ArrayList<>();
    for (List<Message> conversation : conversations) {
      List<ChatMessage> messages = Conversion.toLangChain(conversation);
      questions.add(
          new Question(
              ChatRequest.builder()
                  .messages(messages)
                  .parameters(parameters.of(decoding, questions.size()))
                  .build()));
    }
    return questions;
  }

  ChatReply ask(Question question) {
    if (model == null) {
      return stream(question, piece -> {});
    }
    return answered(() -> model.chat(question.request()));
  }

  @Override
  public List<ChatReply> replies(List<List<Message>> conversations, Decoding decoding) {
    return questions(conversations, decoding).stream().map(this::ask).toList();
  }

  @Override
  public ChatReply stream(
      List<Message> conversation, Decoding decoding, Consumer<String> listener) {
    Question question = questions(List.of(conversation), decoding).get(0);
    if (streaming != null) {
      return stream(question, listener);
    }
    ChatReply reply = ask(question);
    if (!reply.text().isEmpty()) {
      listener.accept(reply.text());
    }
    return reply;
  }

  private ChatReply stream(Question question, Consumer<String> listener) {
    Ear ear = new Ear(listener);
    return answered(
        () -> {
          streaming.chat(question.request(), ear);
          return ear.await();
        });
  }

  private ChatReply answered(Supplier<ChatResponse> call) {
    try {
      return Conversion.toReply(call.get(), card.name());
    } catch (EndpointClient.Carried e) {
      throw e.failure();
    } catch (ContentFilteredException e) {
      return Conversion.filtered(e.getMessage() == null ? "" : e.getMessage(), null);
    } catch (UnsupportedFeatureException e) {
      throw new IllegalArgumentException(card.name() + ": " + e.getMessage(), e);
    } catch (LangChain4jException e) {
      throw new EndpointFailure(
          "LangChain4j's model "
              + card.name()
              + " failed: "
              + e.getMessage()
              + "; see that model's own settings",
          e);
    }
  }

  /** Passes pieces on, and keeps what the listener throws from LangChain4j, which would log it. */
  private static final class Ear implements StreamingChatResponseHandler {
    private final Consumer<String> listener;
    private final CompletableFuture<ChatResponse> whole = new CompletableFuture<>();

    Ear(Consumer<String> listener) {
      this.listener = listener;
    }

    @Override
    public void onPartialResponse(String piece) {
      if (piece.isEmpty() || whole.isDone()) {
        return;
      }
      try {
        listener.accept(piece);
      } catch (RuntimeException | Error e) {
        whole.completeExceptionally(e);
      }
    }

    @Override
    public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
      onPartialResponse(piece.text());
      if (whole.isDone()) {
        context.streamingHandle().cancel();
      }
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
      whole.complete(response);
    }

    @Override
    public void onError(Throwable error) {
      whole.completeExceptionally(error);
    }

    ChatResponse await() {
      try {
        return whole.get();
      } catch (InterruptedException e) {
        throw Deadline.interrupted(e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        if (e.getCause() instanceof Error cause) {
          throw cause;
        }
        throw new EndpointFailure("a stream broke: " + e.getCause().getMessage(), e.getCause());
      }
    }
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "chat with " + card.name();
  }
}
