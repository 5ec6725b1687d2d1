package org.safety4j.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.safety4j.core.text.Tokenizer;

/** What encoders and classifiers of text have in common for those who have the weights. */
public interface WhiteText extends WhiteBox {
  /**
   * What a reading shows. Part of the graph if one is recorded.
   *
   * @param hidden states {@code [B, T, D]}: the embedding, then every block's output
   * @param attention weights {@code [B, H, T, T]} of every block
   */
  record Trace(NDList hidden, NDList attention) {}

  /**
   * Returns the model's tokenizer.
   *
   * @return the tokenizer, owned by the model
   */
  Tokenizer tokenizer();

  /**
   * Turns texts into tokens as the model expects them.
   *
   * @param texts any texts, at least one
   * @return the batch on the model's manager, to be closed by the caller
   * @throws IllegalArgumentException if a text has more tokens than the model can read
   */
  @Unmetered
  TextBatch tokens(List<String> texts);

  /**
   * Looks up token embeddings.
   *
   * @param ids int64 of any shape
   * @return {@code [..., D]}; owned by the caller
   */
  @Unmetered
  NDArray lookUp(NDArray ids);

  /**
   * Multiplies states with all token embeddings. With a gradient for embeddings this is the
   * gradient for one-hot tokens.
   *
   * @param states {@code [..., D]}
   * @return {@code [..., V]}; owned by the caller
   */
  @Unmetered
  NDArray onEmbeddings(NDArray states);

  /**
   * Reads rows and shows what happens inside.
   *
   * @param embeddings token embeddings {@code [B, T, D]}
   * @param batch mask and types of the rows
   * @return states and attention maps; owned by the caller
   */
  Trace trace(NDArray embeddings, TextBatch batch);

  /**
   * Returns the number of blocks.
   *
   * @return at least 1
   */
  int blocks();

  /**
   * Returns the number of attention heads of a block.
   *
   * @return at least 1
   */
  int heads();

  /**
   * Returns how many tokens the model can read.
   *
   * @return at least 1
   */
  int contextLength();

  /**
   * Returns the manager that the weights hang on.
   *
   * @return the model's manager
   */
  NDManager manager();
}
