package org.safety4j.core.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.ContentFilteredException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.safety4j.core.error.EndpointFailure;
import org.safety4j.core.load.Fixtures;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.ChatReply;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Completion.Finish;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;

@Timeout(10)
class LangChainTest {
  private static final String PICTURE = "data:image/png;base64,iVBORw0KGgo=";

  private static ChatModel model(Function<ChatRequest, ChatResponse> answer) {
    return new ChatModel() {
      @Override
      public ChatResponse doChat(ChatRequest request) {
        return answer.apply(request);
      }
    };
  }

  private static ChatResponse response(String text, FinishReason finish) {
    return ChatResponse.builder()
        .aiMessage(AiMessage.from(text))
        .finishReason(finish)
        .tokenUsage(new TokenUsage(4, 2))
        .build();
  }

  /** Remembers what it was asked. */
  private static final class Remembering implements Chat {
    private List<Message> conversation;
    private Decoding decoding;
    private ChatReply reply = new ChatReply.Answer("yes", Finish.LENGTH, 6, 1);

    @Override
    public List<ChatReply> replies(List<List<Message>> conversations, Decoding how) {
      conversation = conversations.get(0);
      decoding = how;
      return List.of(reply);
    }

    @Override
    public ChatReply stream(List<Message> asked, Decoding how, Consumer<String> listener) {
      replies(List.of(asked), how);
      for (char c : reply.text().toCharArray()) {
        listener.accept(String.valueOf(c));
      }
      return reply;
    }

    @Override
    public ModelCard card() {
      return ModelCard.named("remembering");
    }

    @Override
    public void close() {}
  }

  @Test
  void aModelOfLangChainIsAChat() {
    List<ChatRequest> asked = new ArrayList<>();
    Chat chat =
        LangChain.chat(
            model(
                request -> {
                  asked.add(request);
                  return response("Paris", FinishReason.LENGTH);
                }));
    ChatReply reply =
        chat.replies(
                List.of(
                    List.of(
                        Message.system("Be brief."),
                        Message.user("Hello"),
                        Message.assistant("Hi"),
                        Message.user(List.of(Part.text("And this?"), Part.image(PICTURE))))),
                Decoding.sampling(12, 0.5).withTopK(3).withTopP(0.9).withStop("#"))
            .get(0);
    assertThat(reply).isEqualTo(new ChatReply.Answer("Paris", Finish.LENGTH, 4, 2));
    ChatRequest request = asked.get(0);
    assertThat(request.messages())
        .containsExactly(
            SystemMessage.from("Be brief."),
            UserMessage.from("Hello"),
            AiMessage.from("Hi"),
            UserMessage.from(TextContent.from("And this?"), ImageContent.from(PICTURE)));
    assertThat(request.maxOutputTokens()).isEqualTo(12);
    assertThat(request.temperature()).isEqualTo(0.5);
    assertThat(request.topK()).isEqualTo(3);
    assertThat(request.topP()).isEqualTo(0.9);
    assertThat(request.stopSequences()).containsExactly("#");
  }

  @Test
  void aChatIsAModelOfLangChain() {
    Remembering chat = new Remembering();
    ChatModel model = LangChain.chatModel(chat);
    ChatResponse response =
        model.chat(
            ChatRequest.builder()
                .messages(
                    SystemMessage.from("Be brief."),
                    AiMessage.from("Hi"),
                    UserMessage.from(
                        TextContent.from("And this?"),
                        ImageContent.from("iVBORw0KGgo=", "image/png")))
                .maxOutputTokens(9)
                .temperature(0.25)
                .topP(0.5)
                .topK(7)
                .stopSequences(List.of("#"))
                .build());
    assertThat(response.aiMessage().text()).isEqualTo("yes");
    assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(response.tokenUsage()).isEqualTo(new TokenUsage(6, 1));
    assertThat(response.modelName()).isEqualTo("remembering");
    assertThat(chat.conversation)
        .containsExactly(
            Message.system("Be brief."),
            Message.assistant("Hi"),
            Message.user(List.of(Part.text("And this?"), Part.image(PICTURE))));
    assertThat(chat.decoding)
        .isEqualTo(
            chat.decoding()
                .withMaxNewTokens(9)
                .withTemperature(0.25)
                .withTopP(0.5)
                .withTopK(7)
                .withStop("#"));
    model.chat("plain");
    assertThat(chat.decoding).isEqualTo(chat.decoding());
    assertThat(chat.conversation).containsExactly(Message.user("plain"));
  }

  @Test
  void roundTripKeepsRepliesAndRefusals() {
    Remembering inner = new Remembering();
    Chat there = LangChain.chat(LangChain.chatModel(inner));
    assertThat(there.ask("?")).isEqualTo(inner.reply);
    inner.reply = new ChatReply.Refusal("No.", "guard", "some-guard", 0.9, 3, 1);
    ChatReply refusal = there.ask("?");
    assertThat(refusal.refused()).isTrue();
    assertThat(refusal.text()).isEqualTo("No.");
    assertThat(refusal.promptTokens() + refusal.tokens()).isEqualTo(4);
    Chat filtering =
        LangChain.chat(
            model(
                request -> {
                  throw new ContentFilteredException("not this");
                }));
    assertThat(filtering.ask("?").refused()).isTrue();
  }

  @Test
  void aRealModelWritesTheSameThroughLangChain() {
    try (CausalLm.White lm = LanguageModels.causalLm(Fixtures.path("llama"))) {
      Chat chat = lm.asChat(ChatTemplate.of("{{ messages[0].content }}", null, null));
      ChatReply direct = chat.stream(List.of(Message.user("the")), Decoding.greedy(6), t -> {});
      ChatRequest request =
          ChatRequest.builder().messages(UserMessage.from("the")).maxOutputTokens(6).build();
      ChatResponse through = LangChain.chatModel(chat).chat(request);
      assertThat(through.aiMessage().text()).isEqualTo(direct.text()).isNotEmpty();
      assertThat(through.tokenUsage().outputTokenCount()).isEqualTo(direct.tokens());
      assertThatThrownBy(
              () ->
                  LangChain.chatModel(chat)
                      .chat(UserMessage.from(TextContent.from("?"), ImageContent.from(PICTURE))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("image");
    }
  }

  /** Streams on a thread of its own, as LangChain4j's clients do. */
  private static StreamingChatModel onItsOwnThread(
      Consumer<StreamingChatResponseHandler> behaviour) {
    return new StreamingChatModel() {
      @Override
      public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        new Thread(() -> behaviour.accept(handler)).start();
      }
    };
  }

  @Test
  void streamsBothWays() {
    StreamingChatModel model =
        onItsOwnThread(
            handler -> {
              handler.onPartialResponse("Pa");
              handler.onPartialResponse("ris");
              handler.onCompleteResponse(response("Paris", FinishReason.STOP));
            });
    List<String> pieces = new ArrayList<>();
    ChatReply reply = LangChain.chat(model).stream("?", pieces::add);
    assertThat(pieces).containsExactly("Pa", "ris");
    assertThat(reply).isEqualTo(new ChatReply.Answer("Paris", Finish.END_TOKEN, 4, 2));
    assertThat(LangChain.chat(model).ask("?").text()).isEqualTo("Paris");

    Chat both = LangChain.chat(model(r -> response("whole", FinishReason.STOP)), model);
    assertThat(both.ask("?").text()).isEqualTo("whole");
    assertThat(both.stream("?", t -> {}).text()).isEqualTo("Paris");
    List<String> once = new ArrayList<>();
    LangChain.chat(model(r -> response("whole", FinishReason.STOP))).stream("?", once::add);
    assertThat(once).containsExactly("whole");

    pieces.clear();
    Chat there = LangChain.chat(LangChain.streamingChatModel(new Remembering()));
    assertThat(there.stream("?", pieces::add).text()).isEqualTo("yes");
    assertThat(pieces).containsExactly("y", "e", "s");
  }

  @Test
  void aStreamThatBreaksIsNoAnswer() {
    StreamingChatModel model =
        onItsOwnThread(
            handler -> {
              handler.onPartialResponse("Pa");
              handler.onError(new RateLimitException("slow down"));
            });
    List<String> pieces = new ArrayList<>();
    assertThatThrownBy(() -> LangChain.chat(model).stream("?", pieces::add))
        .isInstanceOf(EndpointFailure.class)
        .hasMessageContaining("slow down");
    assertThat(pieces).containsExactly("Pa");
    assertThatThrownBy(
            () ->
                LangChain.chat(model).stream(
                    "?",
                    t -> {
                      throw new IllegalStateException("enough");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("enough");
  }

  @Test
  void whatAChatCannotDoIsAnErrorThatNamesIt() {
    ChatModel model = LangChain.chatModel(new Remembering());
    ChatRequest.Builder plain = ChatRequest.builder().messages(UserMessage.from("?"));
    assertUnsupported(
        model,
        ChatRequest.builder()
            .messages(UserMessage.from("?"))
            .toolSpecifications(ToolSpecification.builder().name("t").build())
            .build(),
        "tools");
    assertUnsupported(
        model,
        ChatRequest.builder()
            .messages(UserMessage.from("?"))
            .responseFormat(ResponseFormat.JSON)
            .build(),
        "response format");
    assertUnsupported(
        model,
        ChatRequest.builder().messages(UserMessage.from("?")).presencePenalty(0.5).build(),
        "presence penalty");
    assertUnsupported(model, plain.modelName("another").build(), "another");
    assertUnsupported(
        model,
        ChatRequest.builder().messages(ToolExecutionResultMessage.from("1", "t", "42")).build(),
        "TOOL_EXECUTION_RESULT");
    List<Throwable> told = new ArrayList<>();
    LangChain.streamingChatModel(new Remembering())
        .chat(
            List.of(ToolExecutionResultMessage.from("1", "t", "42")),
            new StreamingChatResponseHandler() {
              @Override
              public void onCompleteResponse(ChatResponse response) {
                throw new AssertionError("not expected");
              }

              @Override
              public void onError(Throwable error) {
                told.add(error);
              }
            });
    assertThat(told).singleElement().isInstanceOf(UnsupportedFeatureException.class);
  }

  private static void assertUnsupported(ChatModel model, ChatRequest request, String what) {
    assertThatThrownBy(() -> model.chat(request))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining(what);
  }

  @Test
  void whatAModelCannotBeAskedIsAnErrorThatNamesIt() {
    Chat chat = LangChain.chat(model(r -> response("never", FinishReason.STOP)));
    List<List<Message>> hello = List.of(List.of(Message.user("?")));
    assertThatThrownBy(() -> chat.replies(hello, Decoding.greedy(5).withMinP(0.1)))
        .hasMessageContaining("minP");
    assertThatThrownBy(() -> chat.replies(hello, Decoding.greedy(5).endless()))
        .hasMessageContaining("stopAtEnd");
    assertThatThrownBy(() -> chat.reply(List.of(Message.tool("42")))).hasMessageContaining("tool");
    assertThatThrownBy(() -> chat.reply(List.of(Message.user("?").with("name", "x"))))
        .hasMessageContaining("name");
    assertThatThrownBy(() -> chat.reply(List.of())).hasMessageContaining("conversation");
  }
}
