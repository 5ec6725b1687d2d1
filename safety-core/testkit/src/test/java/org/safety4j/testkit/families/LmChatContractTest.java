package org.safety4j.testkit.families;

import org.junit.jupiter.api.AfterEach;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.Chat;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.testkit.ChatContract;

class LmChatContractTest extends ChatContract {
  private static final ChatTemplate TEMPLATE =
      ChatTemplate.of(
          "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:",
          "<s>", "</s>");

  private final CausalLm.White lm = LanguageModels.causalLm(Fixtures.path("llama"));

  @Override
  protected Chat open() {
    return lm.asChat(TEMPLATE);
  }

  @Override
  protected boolean refusesOnceClosed() {
    return false;
  }

  @AfterEach
  void closeLm() {
    lm.close();
  }
}
