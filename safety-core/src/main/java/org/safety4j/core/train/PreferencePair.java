package org.safety4j.core.train;

import java.util.ArrayList;
import java.util.List;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Tokenizer;

/**
 * Two answers to one prompt, of which one is preferred. What is learnt of each are the tokens of
 * the answer.
 *
 * @param chosen prompt and better answer
 * @param rejected prompt and worse answer
 */
public record PreferencePair(TokenSequence chosen, TokenSequence rejected) {
  /**
   * Makes a pair from tokens.
   *
   * @param prompt the prompt, at least 1 token
   * @param chosen the better answer, at least 1 token
   * @param rejected the worse answer, at least 1 token
   * @return the pair
   */
  public static PreferencePair of(int[] prompt, int[] chosen, int[] rejected) {
    return new PreferencePair(
        TokenSequence.answer(prompt, chosen), TokenSequence.answer(prompt, rejected));
  }

  /**
   * Makes a pair from a conversation. Earlier turns of the assistant are part of the prompt.
   *
   * @param prompt the conversation up to the answer
   * @param chosen the better answer
   * @param rejected the worse answer
   * @param template how a conversation becomes text
   * @param tokenizer encodes the text
   * @return the pair
   * @throws IllegalArgumentException if the template changes the prompt when an answer follows
   */
  public static PreferencePair of(
      List<Message> prompt,
      String chosen,
      String rejected,
      ChatTemplate template,
      Tokenizer tokenizer) {
    String asked = template.render(prompt, true);
    int[] ids = tokenizer.encode(asked);
    List<int[]> answers = new ArrayList<>();
    for (String answer : List.of(chosen, rejected)) {
      List<Message> chat = new ArrayList<>(prompt);
      chat.add(Message.assistant(answer));
      answers.add(tokenizer.encode(TokenSequence.behind(asked, template.render(chat, false))));
    }
    return of(ids, answers.get(0), answers.get(1));
  }
}
