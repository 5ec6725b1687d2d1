package org.safety4j.testkit.families;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.Chat;
import org.safety4j.core.model.VisionLanguageModel;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Message;
import org.safety4j.core.text.Part;
import org.safety4j.testkit.ChatContract;

class VlmChatContractTest extends ChatContract {
  private static final ChatTemplate TEMPLATE =
      ChatTemplate.of(
          "{% for m in messages %}{{ m.role }}:{% for p in m.content %}"
              + "{% if p.type == 'image' %}<image>{% else %}{{ p.text }}{% endif %}"
              + "{% endfor %} {% endfor %}assistant:",
          "<s>", "</s>");

  private final VisionLanguageModel.White vlm =
      Models.open(Fixtures.path("llava"), VisionLanguageModel.White.class);

  @Override
  protected Chat open() {
    NDArray image = Rng.of(3).uniform(vlm.manager(), new Shape(1).addAll(vlm.inputShape()), 0, 1);
    return vlm.about(image, TEMPLATE);
  }

  @Override
  protected List<List<Message>> conversations() {
    return List.of(
        List.of(Message.user("the fox")),
        List.of(Message.user(List.of(Part.text("open "), Part.image(), Part.text(" the door")))));
  }

  @Override
  protected boolean refusesOnceClosed() {
    return false;
  }

  @AfterEach
  void closeVlm() {
    vlm.close();
  }
}
