/**
 * Detection: scores of inputs of a classifier, thresholds calibrated on benign ones, and shields
 * that reject.
 */
package org.safety4j.defenses.engine.detect;
