/** Rebuilds the zoo's models from their recipes, measures them and lays out the figures. */
package org.safety4j.bench.zoo;
