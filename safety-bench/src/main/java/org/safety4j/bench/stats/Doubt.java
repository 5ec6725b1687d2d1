package org.safety4j.bench.stats;

/**
 * A reason not to take a figure at face value.
 *
 * @param where what it concerns: model, defense, attack
 * @param what what is wrong and what to make of it
 */
public record Doubt(String where, String what) {}
