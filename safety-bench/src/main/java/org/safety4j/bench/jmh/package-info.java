/**
 * JMH benchmarks of the hot loops. Each is stated as a ratio to the bare model call, so that the
 * number means the same on every machine; {@link org.safety4j.bench.jmh.Ratios} runs them and
 * prints the ratios.
 */
package org.safety4j.bench.jmh;
