package org.safety4j.core.chat;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.error.EndpointFailure;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.ChatReply;
import org.safety4j.core.text.Completion;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;

/** Messages, decodings and replies in LangChain4j's terms and back. */
final class Conversion {
  private static final String URL = "url";

  private Conversion() {}

  static List<ChatMessage> toLangChain(List<Message> conversation) {
    Require.notEmpty("conversation", conversation);
    List<ChatMessage> messages = new ArrayList<>();
    for (Message message : conversation) {
      messages.add(toLangChain(message));
    }
    return messages;
  }

  private static ChatMessage toLangChain(Message message) {
    Require.that(
        message.extra().isEmpty(),
        "a message for a service must have no extra fields, had " + message.extra().keySet());
    return switch (message.role()) {
      case "system" -> SystemMessage.from(text(message));
      case "assistant" -> AiMessage.from(text(message));
      case "user" ->
          message.parts().isEmpty()
              ? UserMessage.from(text(message))
              : UserMessage.from(message.parts().stream().map(Conversion::content).toList());
      default ->
          throw new IllegalArgumentException(
              "role must be system, user or assistant for a service, was " + message.role());
    };
  }

  private static String text(Message message) {
    for (Part part : message.parts()) {
      Require.that(
          part.type().equals("text"),
          "a message of " + message.role() + " must be of text alone, had a part " + part.type());
    }
    Require.that(
        message.content() != null, "a message of " + message.role() + " must have content");
    return message.content();
  }

  private static Content content(Part part) {
    if (part.type().equals("text") && part.fields().get("text") instanceof String text) {
      return TextContent.from(text);
    }
    if (part.type().equals("image")) {
      Require.that(
          part.fields().get(URL) instanceof String,
          "an image for a service must have its pixels at hand: Part.image(url), where the url may"
              + " be a data URL");
      return ImageContent.from((String) part.fields().get(URL));
    }
    throw new IllegalArgumentException(
        "parts for a service must be text or image, was " + part.type());
  }

  /** Parameters that every model of LangChain4j knows; the seed of sampling is none of them. */
  static ChatRequestParameters parameters(Decoding decoding, int row) {
    DefaultChatRequestParameters.Builder<?> parameters =
        fill(DefaultChatRequestParameters.builder(), decoding);
    if (decoding.topK() > 0) {
      parameters.topK(decoding.topK());
    }
    return parameters.build();
  }

  static <B extends DefaultChatRequestParameters.Builder<?>> B fill(B parameters, Decoding d) {
    only(d.minP() == 0, "minP must be 0, was " + d.minP());
    only(d.beams() == 1, "beams must be 1, was " + d.beams());
    only(d.repetitionPenalty() == 1, "repetitionPenalty must be 1, was " + d.repetitionPenalty());
    only(d.stopAtEnd(), "stopAtEnd must be true");
    parameters.maxOutputTokens(d.maxNewTokens());
    parameters.temperature(d.temperature());
    if (d.topP() != 1) {
      parameters.topP(d.topP());
    }
    if (!d.stop().isEmpty()) {
      parameters.stopSequences(d.stop());
    }
    return parameters;
  }

  private static void only(boolean fits, String what) {
    Require.that(fits, what + ": a service takes no such setting");
  }

  static ChatReply toReply(ChatResponse response, String name) {
    AiMessage message = response.aiMessage();
    if (message.hasToolExecutionRequests()) {
      throw new EndpointFailure(
          "model " + name + " calls a tool although none was offered; ask another model");
    }
    String text = message.text() == null ? "" : message.text();
    TokenUsage usage = response.tokenUsage();
    if (response.finishReason() == FinishReason.CONTENT_FILTER) {
      return filtered(text, usage);
    }
    return new ChatReply.Answer(
        text,
        response.finishReason() == FinishReason.LENGTH
            ? Completion.Finish.LENGTH
            : Completion.Finish.END_TOKEN,
        read(usage),
        written(usage));
  }

  static ChatReply filtered(String text, TokenUsage usage) {
    return new ChatReply.Refusal(
        text,
        "the service's own filter stopped the answer",
        "content-filter",
        Double.NaN,
        read(usage),
        written(usage));
  }

  private static int read(TokenUsage usage) {
    return usage == null || usage.inputTokenCount() == null ? 0 : usage.inputTokenCount();
  }

  private static int written(TokenUsage usage) {
    return usage == null || usage.outputTokenCount() == null ? 0 : usage.outputTokenCount();
  }

  static List<Message> fromLangChain(List<ChatMessage> messages) {
    return messages.stream().map(Conversion::fromLangChain).toList();
  }

  private static Message fromLangChain(ChatMessage message) {
    if (message instanceof SystemMessage system) {
      return Message.system(system.text());
    }
    if (message instanceof AiMessage ai) {
      if (ai.hasToolExecutionRequests() || !ai.images().isEmpty() || ai.text() == null) {
        throw unsupported("an assistant's message with tool calls, images or without text");
      }
      return Message.assistant(ai.text());
    }
    if (message instanceof UserMessage user) {
      if (user.name() != null) {
        throw unsupported("a user's name");
      }
      return user.hasSingleText()
          ? Message.user(user.singleText())
          : Message.user(user.contents().stream().map(Conversion::part).toList());
    }
    throw unsupported("a message of type " + message.type());
  }

  private static Part part(Content content) {
    if (content instanceof TextContent text) {
      return Part.text(text.text());
    }
    if (content instanceof ImageContent image) {
      return Part.image(url(image.image()));
    }
    throw unsupported("content of type " + content.type());
  }

  private static String url(Image image) {
    return image.url() != null
        ? image.url().toString()
        : "data:" + image.mimeType() + ";base64," + image.base64Data();
  }

  static Decoding decoding(ChatRequest request, Chat chat) {
    refuse(
        request.modelName() != null && !request.modelName().equals(chat.card().name()),
        "the model name " + request.modelName());
    refuse(!request.toolSpecifications().isEmpty(), "tools");
    refuse(request.toolChoice() != null, "a choice of tools");
    refuse(
        request.responseFormat() != null
            && request.responseFormat().type() != ResponseFormatType.TEXT,
        "a response format");
    refuse(request.frequencyPenalty() != null, "a frequency penalty");
    refuse(request.presencePenalty() != null, "a presence penalty");
    Decoding decoding = chat.decoding();
    if (request.maxOutputTokens() != null) {
      decoding = decoding.withMaxNewTokens(request.maxOutputTokens());
    }
    if (request.temperature() != null) {
      decoding = decoding.withTemperature(request.temperature());
    }
    if (request.topP() != null) {
      decoding = decoding.withTopP(request.topP());
    }
    if (request.topK() != null) {
      decoding = decoding.withTopK(request.topK());
    }
    if (!request.stopSequences().isEmpty()) {
      decoding = decoding.withStop(request.stopSequences().toArray(new String[0]));
    }
    return decoding;
  }

  private static void refuse(boolean asked, String what) {
    if (asked) {
      throw unsupported(what);
    }
  }

  private static UnsupportedFeatureException unsupported(String what) {
    return new UnsupportedFeatureException(
        what + " cannot be passed to this chat; leave it out of the request");
  }

  static ChatResponse fromReply(ChatReply reply, String name) {
    FinishReason finish = FinishReason.STOP;
    if (reply.refused()) {
      finish = FinishReason.CONTENT_FILTER;
    } else if (((ChatReply.Answer) reply).finish() == Completion.Finish.LENGTH) {
      finish = FinishReason.LENGTH;
    }
    boolean counted = reply.promptTokens() > 0 || reply.tokens() > 0;
    return ChatResponse.builder()
        .aiMessage(AiMessage.from(reply.text()))
        .modelName(name)
        .finishReason(finish)
        .tokenUsage(counted ? new TokenUsage(reply.promptTokens(), reply.tokens()) : null)
        .build();
  }
}
