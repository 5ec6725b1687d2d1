package org.safety4j.core.method;

import java.util.List;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Access;

/**
 * What a method says of itself. Making one loads neither recipes nor native code.
 *
 * @param id the catalogue's id, such as {@code core-pgd}: lower-case words joined by hyphens
 * @param name the method's name in the field, such as {@code PGD}
 * @param kind what it is
 * @param family the model family
 * @param threat the threat class
 * @param category the survey's category, such as {@code White-box / First-order}
 * @param access the access that it needs
 * @param citation where it was published
 * @param deviations how this implementation differs from the paper; empty if it does not
 * @param adaptiveAttacks for a defense, ids of the attacks that adapt to it and must be run against
 *     it
 */
public record MethodInfo(
    String id,
    String name,
    Kind kind,
    Family family,
    Threat threat,
    String category,
    Access access,
    Citation citation,
    List<String> deviations,
    List<String> adaptiveAttacks) {
  /**
   * Checks the id and copies the lists.
   *
   * @param id the catalogue's id, such as {@code core-pgd}: lower-case words joined by hyphens
   * @param name the method's name in the field, such as {@code PGD}
   * @param kind what it is
   * @param family the model family
   * @param threat the threat class
   * @param category the survey's category, such as {@code White-box / First-order}
   * @param access the access that it needs
   * @param citation where it was published
   * @param deviations how this implementation differs from the paper; empty if it does not
   * @param adaptiveAttacks for a defense, ids of the attacks that adapt to it and must be run
   *     against it
   */
  public MethodInfo {
    Require.that(
        id.matches("[a-z0-9]+(-[a-z0-9]+)*"),
        "id must be lower-case words joined by hyphens, was \"" + id + "\"");
    deviations = List.copyOf(deviations);
    adaptiveAttacks = List.copyOf(adaptiveAttacks);
  }

  /**
   * Starts the description of an attack.
   *
   * @param id the catalogue's id
   * @param requires the rung that it needs, which tells the access
   * @return a builder
   */
  public static Builder attack(String id, Class<?> requires) {
    return new Builder(id, Kind.ATTACK, Access.of(requires));
  }

  /**
   * Starts the description of a defense.
   *
   * @param id the catalogue's id
   * @param access the access that it needs
   * @return a builder
   */
  public static Builder defense(String id, Access access) {
    return new Builder(id, Kind.DEFENSE, access);
  }

  /**
   * Starts the description of a method of any kind.
   *
   * @param id the catalogue's id
   * @param kind what it is
   * @param access the access that it needs
   * @return a builder
   */
  public static Builder method(String id, Kind kind, Access access) {
    return new Builder(id, kind, access);
  }

  /** Collects a description; what is not set keeps the default that its method names. */
  public static final class Builder {
    private final String id;
    private final Kind kind;
    private final Access access;
    private String name;
    private Family family = Family.CORE;
    private Threat threat = Threat.ADVERSARIAL;
    private String category = "";
    private Citation citation;
    private List<String> deviations = List.of();
    private List<String> adaptiveAttacks = List.of();

    private Builder(String id, Kind kind, Access access) {
      this.id = id;
      this.kind = kind;
      this.access = access;
      this.name = id;
    }

    /**
     * Sets the name in the field; the id by default.
     *
     * @param value the name
     * @return this builder
     */
    public Builder named(String value) {
      name = value;
      return this;
    }

    /**
     * Sets the family; {@link Family#CORE} by default.
     *
     * @param value the family
     * @return this builder
     */
    public Builder family(Family value) {
      family = value;
      return this;
    }

    /**
     * Sets the threat; {@link Threat#ADVERSARIAL} by default.
     *
     * @param value the threat class
     * @return this builder
     */
    public Builder threat(Threat value) {
      threat = value;
      return this;
    }

    /**
     * Sets the survey's category; empty by default.
     *
     * @param value the category
     * @return this builder
     */
    public Builder category(String value) {
      category = value;
      return this;
    }

    /**
     * Sets the citation, which must be set.
     *
     * @param authors first author, or all
     * @param title the paper's title
     * @param venue conference, journal or archive
     * @param year year of publication
     * @return this builder
     */
    public Builder cites(String authors, String title, String venue, int year) {
      citation = new Citation(authors, title, venue, year);
      return this;
    }

    /**
     * Cites an author's own, unpublished method.
     *
     * @param author who made it
     * @param year when
     * @return this builder
     */
    public Builder cites(String author, int year) {
      citation = new Citation(author, id, "", year);
      return this;
    }

    /**
     * Sets how the implementation differs from the paper; nothing by default.
     *
     * @param value sentences
     * @return this builder
     */
    public Builder deviations(String... value) {
      deviations = List.of(value);
      return this;
    }

    /**
     * Sets a defense's adaptive attacks; none by default.
     *
     * @param ids ids of attacks
     * @return this builder
     */
    public Builder adaptiveAttacks(String... ids) {
      adaptiveAttacks = List.of(ids);
      return this;
    }

    /**
     * Makes the description.
     *
     * @return the description
     * @throws IllegalArgumentException if the citation is missing or the id has the wrong form
     */
    public MethodInfo build() {
      Require.that(citation != null, "method " + id + " must cite its source; call cites(...)");
      return new MethodInfo(
          id, name, kind, family, threat, category, access, citation, deviations, adaptiveAttacks);
    }
  }
}
