/**
 * The library's exceptions and the checks that raise them: each says what was wrong, where, and
 * what to do.
 */
package org.safety4j.core.error;
