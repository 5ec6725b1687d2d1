/**
 * Contracts of defenses: an artifact goes in, a protected artifact comes out. Every defense names
 * the attacks that adapt to it.
 */
package org.safety4j.core.defense;
