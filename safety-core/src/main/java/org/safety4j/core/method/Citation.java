package org.safety4j.core.method;

import org.safety4j.core.error.Require;

/**
 * Where a method was published.
 *
 * @param authors the first author, or all
 * @param title the paper's title
 * @param venue conference, journal or archive
 * @param year year of publication
 */
public record Citation(String authors, String title, String venue, int year) {
  /**
   * Checks that nothing is empty.
   *
   * @param authors the first author, or all
   * @param title the paper's title
   * @param venue conference, journal or archive
   * @param year year of publication
   */
  public Citation {
    Require.that(!authors.isBlank(), "authors must not be blank");
    Require.that(!title.isBlank(), "title must not be blank");
    Require.that(year >= 1950 && year < 2100, "year must be a year, was " + year);
  }

  @Override
  public String toString() {
    return authors + ": " + title + ". " + (venue.isBlank() ? "" : venue + ", ") + year;
  }
}
