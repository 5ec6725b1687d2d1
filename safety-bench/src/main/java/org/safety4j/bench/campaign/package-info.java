/**
 * Crosses models, attacks, defenses and seeds, remembers every finished cell, and judges robustness
 * only where a positive control allows it.
 */
package org.safety4j.bench.campaign;
