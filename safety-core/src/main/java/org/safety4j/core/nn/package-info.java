/**
 * What architectures share: normalisation of inputs, the source of their parameters, initial
 * values.
 */
package org.safety4j.core.nn;
