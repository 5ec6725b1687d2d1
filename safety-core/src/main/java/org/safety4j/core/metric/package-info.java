/**
 * Figures with their uncertainty: rates with named denominators, intervals, paired tests, detection
 * curves, corrections for a judge's error. Pure Java on Commons Math; no tensor and no native code.
 */
package org.safety4j.core.metric;
