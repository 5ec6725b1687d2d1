/**
 * Contract suites: abstract test classes that hold every attack, defense, detector and model to the
 * same rules. Extend one, say what is tested, and the rules run.
 */
package org.safety4j.testkit;
