package org.safety4j.core.nn.lm;

import java.util.Optional;
import java.util.Set;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Tokenizer;

/**
 * What a language model has beside its weights.
 *
 * @param card name, origin and licence; architecture and number of parameters are filled in
 * @param tokenizer its tokenizer; closed with the model
 * @param template its chat template, if it came with one
 * @param endTokens tokens that end an answer
 */
public record LmIdentity(
    ModelCard card, Tokenizer tokenizer, Optional<ChatTemplate> template, Set<Integer> endTokens) {
  /**
   * Copies the set.
   *
   * @param card name, origin and licence; architecture and number of parameters are filled in
   * @param tokenizer its tokenizer; closed with the model
   * @param template its chat template, if it came with one
   * @param endTokens tokens that end an answer
   */
  public LmIdentity {
    endTokens = Set.copyOf(endTokens);
  }

  LmIdentity as(String architecture, long parameters) {
    ModelCard full =
        new ModelCard(card.name(), architecture, parameters, card.origin(), card.licence());
    return new LmIdentity(full, tokenizer, template, endTokens);
  }
}
