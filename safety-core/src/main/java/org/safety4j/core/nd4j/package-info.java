/**
 * ND4J as a second engine: SameDiff graphs as image classifiers with gradients, and views of one
 * engine's memory by the other. Optional at run time: add {@code org.nd4j:nd4j-native:1.0.0-M2.1}
 * and its platform classifier to use it.
 */
package org.safety4j.core.nd4j;
