package org.safety4j.core.run;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where a result comes from, kept by every result.
 *
 * @param method the method's id
 * @param config the method's configuration, as its record prints it
 * @param seed the run's root seed
 * @param model what was attacked or protected
 * @param data name and checksum of the data
 * @param environment library, Java, engine and device
 * @param started when the run began
 */
public record Provenance(
    String method,
    String config,
    long seed,
    String model,
    String data,
    Map<String, String> environment,
    Instant started) {

  /**
   * Copies the environment.
   *
   * @param method the method's id
   * @param config the method's configuration, as its record prints it
   * @param seed the run's root seed
   * @param model what was attacked or protected
   * @param data name and checksum of the data
   * @param environment library, Java, engine and device
   * @param started when the run began
   */
  public Provenance {
    environment = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(environment));
  }

  /**
   * Describes the machine and the libraries.
   *
   * @return library version, Java, operating system, architecture and processors
   */
  public static Map<String, String> describeEnvironment() {
    Map<String, String> e = new LinkedHashMap<>();
    String version = Provenance.class.getPackage().getImplementationVersion();
    e.put("safety4j", version == null ? "development" : version);
    e.put("java", System.getProperty("java.version"));
    e.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    e.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
    return e;
  }
}
