/** Assertions about robustness for a user's own build, in AssertJ's style. */
package org.safety4j.testkit.assertions;
