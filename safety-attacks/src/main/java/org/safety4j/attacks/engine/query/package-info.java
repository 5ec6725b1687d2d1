/**
 * The engine of attacks that only ask: an exact ledger of queries for every sample, random search
 * on scores, gradient estimates from scores, and walks along a decision boundary from labels alone.
 * It knows no recipe.
 */
package org.safety4j.attacks.engine.query;
