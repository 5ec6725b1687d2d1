/** A crash-proof record of finished work: JSON lines with checksums, flushed to disk one by one. */
package org.safety4j.bench.journal;
