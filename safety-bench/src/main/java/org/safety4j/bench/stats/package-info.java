/**
 * What a campaign's journal holds, cell by cell and image by image, and the figures that are
 * computed from it. No model and no tensor: a report can be made anywhere from the journal alone.
 */
package org.safety4j.bench.stats;
