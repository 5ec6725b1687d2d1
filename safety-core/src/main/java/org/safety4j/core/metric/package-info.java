/**
 * Figures with their uncertainty: rates with named denominators, intervals, paired tests, detection
 * curves, corrections for a judge's error. Pure Java on Commons Math; touches no native code.
 */
package org.safety4j.core.metric;
