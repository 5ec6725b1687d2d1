package org.safety4j.examples;

import org.safety4j.bench.report.MethodTable;
import org.safety4j.core.method.Catalog;

/** Prints the README's table of methods. */
public final class MethodTables {
  private MethodTables() {}

  /**
   * Prints the table.
   *
   * @param args none
   */
  public static void main(String[] args) {
    System.out.print(MethodTable.markdown(Catalog.methods()));
  }
}
