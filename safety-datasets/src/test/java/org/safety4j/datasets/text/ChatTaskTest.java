package org.safety4j.datasets.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.safety4j.core.text.Message;

class ChatTaskTest {
  @Test
  void answersStandBehindThePrompt() {
    ChatTask task =
        new ChatTask(
            "colour",
            "colour/train/0",
            List.of(Message.system("Be brief."), Message.user("What colour?")),
            "Red.",
            false);
    assertThat(task.request()).isEqualTo("What colour?");
    assertThat(task.answered()).hasSize(3).last().isEqualTo(Message.assistant("Red."));
    assertThat(task.answered("No.")).last().isEqualTo(Message.assistant("No."));
    assertThat(task.prompt()).hasSize(2);
  }

  @Test
  void promptsThatWaitForNothingAreRefused() {
    assertThatThrownBy(
            () -> new ChatTask("a", "b", List.of(Message.assistant("Red.")), "Red.", false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("prompt");
    assertThatThrownBy(() -> new ChatTask("a", "b", List.of(), "Red.", false))
        .hasMessageContaining("prompt");
  }
}
