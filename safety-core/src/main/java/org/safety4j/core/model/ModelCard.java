package org.safety4j.core.model;

/**
 * Who a model is.
 *
 * @param name a short name, used in reports and hashes
 * @param architecture such as {@code ViTForImageClassification}
 * @param parameters number of parameters, 0 where unknown
 * @param origin where it came from: a path, a recipe, an endpoint
 * @param licence the weights' licence, or empty
 */
public record ModelCard(
    String name, String architecture, long parameters, String origin, String licence) {
  /**
   * Describes a model of which only the name is known.
   *
   * @param name a short name
   * @return the card
   */
  public static ModelCard named(String name) {
    return new ModelCard(name, "unknown", 0, "", "");
  }

  /**
   * Changes the name.
   *
   * @param value the new name
   * @return a copy
   */
  public ModelCard withName(String value) {
    return new ModelCard(value, architecture, parameters, origin, licence);
  }

  /**
   * Changes the origin.
   *
   * @param value where the model came from
   * @return a copy
   */
  public ModelCard withOrigin(String value) {
    return new ModelCard(name, architecture, parameters, value, licence);
  }
}
