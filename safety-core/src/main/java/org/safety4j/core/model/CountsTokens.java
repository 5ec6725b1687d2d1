package org.safety4j.core.model;

/** A model that knows how many tokens a call took in and gave out. */
public interface CountsTokens {
  /**
   * Counts the tokens of one call.
   *
   * @param method the method's name
   * @param arguments its arguments
   * @param answer what it returned
   * @return tokens in and out
   */
  long tokens(String method, Object[] arguments, Object answer);

  /**
   * Counts the tokens that a call will read, so that a call that does not fit a budget is refused
   * before it is made.
   *
   * @param method the method's name
   * @param arguments its arguments
   * @return tokens in, 0 where they are known only afterwards
   */
  default long tokensRead(String method, Object[] arguments) {
    return 0;
  }
}
