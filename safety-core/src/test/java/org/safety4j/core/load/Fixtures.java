package org.safety4j.core.load;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Finds the parity fixtures among the test resources. */
public final class Fixtures {
  private Fixtures() {}

  /** Returns a fixture's folder or file. */
  public static Path path(String name) {
    URL url = Fixtures.class.getResource("/fixtures/" + name);
    if (url == null) {
      throw new IllegalArgumentException("no fixture " + name);
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
