package org.safety4j.core.chat;

import java.net.URI;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.ChatEndpoints;

/** Lets {@link Chat#openAiCompatible} find this package. */
public final class OpenAiEndpoints implements ChatEndpoints {
  /** For the service loader. */
  public OpenAiEndpoints() {}

  @Override
  public Chat openAiCompatible(URI address, String model) {
    return Endpoint.openAiCompatible(address, model).open();
  }
}
