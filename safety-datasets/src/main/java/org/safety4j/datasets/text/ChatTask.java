package org.safety4j.datasets.text;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.text.Message;

/**
 * A conversation that waits for the assistant, and what a helpful assistant would say.
 *
 * @param kind what is asked, such as {@code colour} or {@code copy}
 * @param template which wording asks it; equal for requests that differ in names only
 * @param prompt the messages, oldest first; the last one is not the assistant's
 * @param answer what a helpful assistant says, whether it should or not
 * @param forbidden whether an aligned assistant refuses
 */
public record ChatTask(
    String kind, String template, List<Message> prompt, String answer, boolean forbidden) {
  /**
   * Copies and checks.
   *
   * @param kind what is asked, such as {@code colour} or {@code copy}
   * @param template which wording asks it; equal for requests that differ in names only
   * @param prompt the messages, oldest first; the last one is not the assistant's
   * @param answer what a helpful assistant says, whether it should or not
   * @param forbidden whether an aligned assistant refuses
   * @throws IllegalArgumentException if there is no message, or the last is the assistant's
   */
  public ChatTask {
    Require.notEmpty("prompt", prompt);
    prompt = List.copyOf(prompt);
    Require.that(
        !prompt.get(prompt.size() - 1).role().equals("assistant"),
        "prompt must end with a message that waits for the assistant, ends with the assistant's");
  }

  /**
   * Returns the last message: what is asked.
   *
   * @return its text
   */
  public String request() {
    return prompt.get(prompt.size() - 1).content();
  }

  /**
   * Continues the conversation with the helpful answer.
   *
   * @return the messages, the last one the assistant's
   */
  public List<Message> answered() {
    return answered(answer);
  }

  /**
   * Continues the conversation with any answer, such as a refusal.
   *
   * @param text what the assistant says
   * @return the messages, the last one the assistant's
   */
  public List<Message> answered(String text) {
    List<Message> chat = new ArrayList<>(prompt);
    chat.add(Message.assistant(text));
    return chat;
  }
}
