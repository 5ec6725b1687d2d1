package org.safety4j.examples;

import java.io.PrintStream;
import org.safety4j.core.method.Catalog;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.method.MethodProvider;

/**
 * Prints every registered method, one a line, sorted by id: id, kind, family, threat, access and
 * class name, separated by tabs.
 */
public final class ListMethods {
  private ListMethods() {}

  /**
   * Prints the methods on standard output.
   *
   * @param args none
   */
  public static void main(String[] args) {
    print(System.out);
  }

  static void print(PrintStream out) {
    for (MethodProvider.Entry entry : Catalog.entries()) {
      MethodInfo info = entry.info();
      out.println(
          String.join(
              "\t",
              info.id(),
              info.kind().name(),
              info.family().name(),
              info.threat().name(),
              info.access().name(),
              entry.className()));
    }
  }
}
