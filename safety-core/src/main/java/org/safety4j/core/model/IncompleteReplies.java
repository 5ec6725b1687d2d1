package org.safety4j.core.model;

import java.util.List;
import java.util.Optional;
import org.safety4j.core.error.EndpointFailure;

/** Some conversations of a batch were answered and others were not; the answers are kept here. */
public final class IncompleteReplies extends EndpointFailure {
  private static final long serialVersionUID = 1L;

  private final transient List<Optional<ChatReply>> finished;

  /**
   * Makes an exception.
   *
   * @param finished one entry a conversation, empty where there is no answer
   * @param failed the number of the conversation that failed first, from 0
   * @param cause why it failed
   */
  public IncompleteReplies(List<Optional<ChatReply>> finished, int failed, EndpointFailure cause) {
    super(
        "conversation "
            + failed
            + " (of 0 to "
            + (finished.size() - 1)
            + ") was not answered: "
            + cause.getMessage()
            + "; finished() holds the "
            + finished.stream().filter(Optional::isPresent).count()
            + " answers that arrived",
        cause);
    this.finished = List.copyOf(finished);
  }

  /**
   * Returns what was answered.
   *
   * @return one entry a conversation, empty where there is no answer; null after serialisation
   */
  public List<Optional<ChatReply>> finished() {
    return finished;
  }
}
