package org.safety4j.testkit.families;

import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.model.CausalLm;
import org.safety4j.testkit.CausalLmContract;

class Gpt2ContractTest extends CausalLmContract {
  @Override
  protected CausalLm.White open() {
    return LanguageModels.causalLm(Fixtures.path("gpt2"));
  }
}
