/**
 * What attack and defense code may use of tensors: scopes that free native memory, gradients for
 * inputs, operators that DJL lacks, exact projections and seeded randomness. Arrays are DJL's
 * {@link ai.djl.ndarray.NDArray}; the device comes from an array's manager, never from code.
 */
package org.safety4j.core.tensor;
