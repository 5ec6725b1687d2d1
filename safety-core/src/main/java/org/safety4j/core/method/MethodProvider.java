package org.safety4j.core.method;

import java.util.List;
import java.util.function.Supplier;

/**
 * Lists the methods of one jar for {@link Catalog}, through {@link java.util.ServiceLoader}.
 * Entries hold descriptions and suppliers, so that listing loads no recipe.
 */
public interface MethodProvider {
  /**
   * Lists the methods.
   *
   * @return one entry a method
   */
  List<Entry> entries();

  /**
   * A method of the catalogue.
   *
   * @param info its description
   * @param className the class that holds its recipe
   * @param create makes it in its default configuration
   */
  record Entry(MethodInfo info, String className, Supplier<? extends Method> create) {}
}
