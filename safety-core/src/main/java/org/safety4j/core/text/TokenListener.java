package org.safety4j.core.text;

/** Hears tokens as they are written. */
@FunctionalInterface
public interface TokenListener {
  /** Hears nothing. */
  TokenListener SILENT = (id, text) -> true;

  /**
   * Hears a token.
   *
   * @param id the token
   * @param text the text that is certain now and was not yet told; empty while a character or a
   *     stop text may be unfinished; special tokens have none
   * @return whether to go on
   */
  boolean token(int id, String text);
}
