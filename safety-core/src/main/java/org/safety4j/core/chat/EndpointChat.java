package org.safety4j.core.chat;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.safety4j.core.error.EndpointFailure;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.ChatReply;
import org.safety4j.core.model.IncompleteReplies;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.text.Decoding;
import org.safety4j.core.text.Message;

/** A service that speaks OpenAI's protocol as a chat. */
final class EndpointChat implements Chat {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final Endpoint endpoint;
  private final ExecutorService threads;
  private final LangChainChat chat;
  private final AtomicBoolean closed = new AtomicBoolean();

  private EndpointChat(Endpoint endpoint, ExecutorService threads, LangChainChat chat) {
    this.endpoint = endpoint;
    this.threads = threads;
    this.chat = chat;
  }

  static EndpointChat open(Endpoint endpoint, UnaryOperator<String> environment) {
    String key = key(endpoint, environment);
    String name = "safety4j-endpoint-" + NUMBER.incrementAndGet();
    ExecutorService threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    EndpointClient client = new EndpointClient(endpoint, new Wire(endpoint, key, threads));
    ModelCard card =
        new ModelCard(endpoint.model(), "chat endpoint", 0, endpoint.address().toString(), "");
    LangChainChat chat =
        new LangChainChat(
            OpenAiChatModel.builder()
                .httpClientBuilder(new EndpointClient.Given(client))
                .baseUrl(endpoint.address().toString())
                .modelName(endpoint.model())
                .maxRetries(0)
                .build(),
            OpenAiStreamingChatModel.builder()
                .httpClientBuilder(new EndpointClient.Given(client))
                .baseUrl(endpoint.address().toString())
                .modelName(endpoint.model())
                .build(),
            card,
            (decoding, row) -> parameters(endpoint.limitField(), decoding, row));
    return new EndpointChat(endpoint, threads, chat);
  }

  private static String key(Endpoint endpoint, UnaryOperator<String> environment) {
    String variable = endpoint.keyVariable();
    if (variable == null) {
      return null;
    }
    String value = environment.apply(variable);
    Require.that(
        value != null && !value.isBlank(),
        "the environment variable " + variable + " must hold the endpoint's key, but is not set");
    String key = value.strip();
    Require.that(
        key.chars().allMatch(c -> c > ' ' && c < 0x7f),
        "the environment variable "
            + variable
            + " must hold a key of printable ASCII characters without blanks");
    return key;
  }

  private static ChatRequestParameters parameters(
      Endpoint.LimitField field, Decoding decoding, int row) {
    Require.that(decoding.topK() == 0, unsupported("topK must be 0, was " + decoding.topK()));
    OpenAiChatRequestParameters.Builder parameters = OpenAiChatRequestParameters.builder();
    if (decoding.samples()) {
      long seed = Rng.of(decoding.seed()).derive("endpoint").derive(row).seed();
      parameters.seed((int) (seed >>> 33));
    }
    Conversion.fill(parameters, decoding);
    if (field == Endpoint.LimitField.MAX_COMPLETION_TOKENS) {
      parameters.maxOutputTokens(null).maxCompletionTokens(decoding.maxNewTokens());
    }
    return parameters.build();
  }

  private static String unsupported(String what) {
    return what + ": OpenAI's protocol has no field for it";
  }

  @Override
  public List<ChatReply> replies(List<List<Message>> conversations, Decoding decoding) {
    requireOpen();
    List<LangChainChat.Question> questions = chat.questions(conversations, decoding);
    int workers = Math.min(endpoint.parallel(), questions.size());
    Batch batch = new Batch(questions);
    if (workers <= 1) {
      batch.work();
    } else {
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < workers; i++) {
        futures.add(threads.submit(batch::work));
      }
      await(futures);
    }
    return batch.result();
  }

  private static void await(List<Future<?>> futures) {
    try {
      for (Future<?> future : futures) {
        future.get();
      }
    } catch (InterruptedException e) {
      futures.forEach(f -> f.cancel(true));
      throw Deadline.interrupted(e);
    } catch (ExecutionException e) {
      futures.forEach(f -> f.cancel(true));
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Questions, and what became of each; after a failure no further one is begun. */
  private final class Batch {
    private final List<LangChainChat.Question> questions;
    private final ChatReply[] replies;
    private final AtomicInteger next = new AtomicInteger();
    private EndpointFailure failure;
    private int failed;

    Batch(List<LangChainChat.Question> questions) {
      this.questions = questions;
      this.replies = new ChatReply[questions.size()];
    }

    void work() {
      for (int i = next.getAndIncrement(); i < replies.length; i = next.getAndIncrement()) {
        try {
          ChatReply reply = chat.ask(questions.get(i));
          synchronized (this) {
            replies[i] = reply;
          }
        } catch (EndpointFailure e) {
          next.set(replies.length);
          fail(i, e);
        }
      }
    }

    private synchronized void fail(int i, EndpointFailure e) {
      if (failure == null) {
        failure = e;
        failed = i;
      } else {
        failure.addSuppressed(e);
      }
    }

    synchronized List<ChatReply> result() {
      if (failure == null) {
        return List.of(replies);
      }
      List<Optional<ChatReply>> finished = new ArrayList<>();
      for (ChatReply reply : replies) {
        finished.add(Optional.ofNullable(reply));
      }
      throw finished.stream().anyMatch(Optional::isPresent)
          ? new IncompleteReplies(finished, failed, failure)
          : failure;
    }
  }

  @Override
  public ChatReply stream(
      List<Message> conversation, Decoding decoding, Consumer<String> listener) {
    requireOpen();
    return chat.stream(conversation, decoding, listener);
  }

  private void requireOpen() {
    if (closed.get()) {
      throw new IllegalStateException("the chat with " + card().name() + " is closed");
    }
  }

  @Override
  public ModelCard card() {
    return chat.card();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      threads.shutdown();
    }
  }

  @Override
  public String toString() {
    return "chat with " + endpoint.model() + " at " + endpoint.address();
  }
}
