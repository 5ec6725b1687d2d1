/**
 * Pictures with classes: small sets that come with the library ({@link
 * org.safety4j.datasets.images.Digits}, {@link org.safety4j.datasets.images.Emoji}) and readers for
 * files of the user's own.
 */
package org.safety4j.datasets.images;
