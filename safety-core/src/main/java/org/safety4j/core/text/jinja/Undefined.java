package org.safety4j.core.text.jinja;

/**
 * The value of what does not exist: empty when printed or looped over, an error when used
 * otherwise.
 *
 * @param message what does not exist
 */
record Undefined(String message) {}
