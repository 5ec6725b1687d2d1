/**
 * The engine of first-order attacks: an objective is ascended by a step rule within a constraint
 * set, with gradients that transforms may shape, restarts, and samples that leave the batch once
 * they have fallen. It knows no recipe.
 */
package org.safety4j.attacks.engine.perturb;
