/** What every run carries: seed, budget, cancellation, progress and provenance. */
package org.safety4j.core.run;
