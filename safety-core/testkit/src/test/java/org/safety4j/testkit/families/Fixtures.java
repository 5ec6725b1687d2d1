package org.safety4j.testkit.families;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Finds the small checkpoints that core's own tests load. */
final class Fixtures {
  private Fixtures() {}

  static Path path(String name) {
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
