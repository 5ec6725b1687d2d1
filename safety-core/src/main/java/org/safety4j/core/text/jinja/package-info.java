/**
 * An interpreter of the part of the Jinja language that chat templates use; internal.
 *
 * <p>Values are plain data (text, numbers, lists, maps), copied on the way in, so a template
 * reaches nothing of the JVM; text is only ever data and is never parsed as a template. Work,
 * nesting, text lengths and the template's size are bounded by {@link
 * org.safety4j.core.text.jinja.Limits}.
 */
package org.safety4j.core.text.jinja;
