package org.safety4j.core.model;

import java.net.URI;
import java.util.List;
import java.util.function.Consumer;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;

/**
 * A model that one talks to: a language model with a template, a web service, a guarded
 * application.
 *
 * <pre>{@code
 * chat.ask("What is the capital of France?").text();
 * chat.stream("Tell me a story.", System.out::print);
 * }</pre>
 */
public interface Chat extends BlackBox {
  /**
   * Opens a service that speaks OpenAI's chat protocol, with the defaults of {@code
   * org.safety4j.core.chat.Endpoint}, which also has keys, limits, timeouts and retries. No request
   * is made yet.
   *
   * @param address where the protocol begins, such as {@code http://localhost:8080/v1}
   * @param model the model's name there
   * @return the chat, safe for several threads, to be closed by the caller
   * @throws IllegalArgumentException if the address is not {@code http} or {@code https}
   * @throws org.safety4j.core.error.NativeUnavailable if LangChain4j is not on the class path; the
   *     message names the artifact
   */
  static Chat openAiCompatible(URI address, String model) {
    return ChatEndpoints.load().openAiCompatible(address, model);
  }

  /**
   * Answers conversations; several are one batch.
   *
   * @param conversations messages, oldest first; each ends with what is to be answered
   * @param decoding how to write
   * @return one reply a conversation
   * @throws IllegalArgumentException if the template or service refuses a conversation
   */
  List<ChatReply> replies(List<List<Message>> conversations, Decoding decoding);

  /**
   * Answers one conversation and tells the text piece by piece.
   *
   * @param conversation messages, oldest first
   * @param decoding how to write
   * @param listener hears the text in pieces
   * @return the whole reply
   * @throws IllegalArgumentException if the template or service refuses the conversation
   */
  ChatReply stream(List<Message> conversation, Decoding decoding, Consumer<String> listener);

  /**
   * Returns how this chat writes unless it is told otherwise.
   *
   * @return by default greedily, at most 256 tokens; chats of language models write at most half of
   *     their context
   */
  default Decoding decoding() {
    return Decoding.greedy(256);
  }

  /**
   * Answers one conversation.
   *
   * @param conversation messages, oldest first
   * @return the reply
   */
  @View
  default ChatReply reply(List<Message> conversation) {
    return replies(List.of(conversation), decoding()).get(0);
  }

  /**
   * Answers one message.
   *
   * @param user what the user says
   * @return the reply
   */
  @View
  default ChatReply ask(String user) {
    return reply(List.of(Message.user(user)));
  }

  /**
   * Answers one message and tells the text piece by piece.
   *
   * @param user what the user says
   * @param listener hears the text in pieces
   * @return the whole reply
   */
  @View
  default ChatReply stream(String user, Consumer<String> listener) {
    return stream(List.of(Message.user(user)), decoding(), listener);
  }
}
