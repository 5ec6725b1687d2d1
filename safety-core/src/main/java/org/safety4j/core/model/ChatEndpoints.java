package org.safety4j.core.model;

import java.net.URI;
import java.util.ServiceLoader;
import org.safety4j.core.error.NativeUnavailable;

/**
 * Opens chats of other processes; found by {@link ServiceLoader}, so that models need no client.
 */
public interface ChatEndpoints {
  /**
   * Opens a service that speaks OpenAI's chat protocol.
   *
   * @param address where the protocol begins
   * @param model the model's name there
   * @return the chat, to be closed by the caller
   */
  Chat openAiCompatible(URI address, String model);

  /**
   * Finds the one that there is.
   *
   * @return the first one of the class path
   * @throws NativeUnavailable if there is none
   */
  static ChatEndpoints load() {
    return ServiceLoader.load(ChatEndpoints.class, ChatEndpoints.class.getClassLoader())
        .findFirst()
        .orElseThrow(
            () ->
                new NativeUnavailable(
                    "no provider of "
                        + ChatEndpoints.class.getName()
                        + " is on the class path; add the whole of org.safety4j:safety-core"));
  }
}
