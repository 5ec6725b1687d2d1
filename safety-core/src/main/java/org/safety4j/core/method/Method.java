package org.safety4j.core.method;

/** An attack, a defense or another published method. */
public interface Method {
  /**
   * Describes the method.
   *
   * @return id, citation, taxonomy, access and deviations
   */
  MethodInfo info();
}
