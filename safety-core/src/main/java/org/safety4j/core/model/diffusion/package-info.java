/**
 * How diffusion models corrupt and restore: noise schedules, and the samplers that walk along them.
 */
package org.safety4j.core.model.diffusion;
