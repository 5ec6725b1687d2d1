/**
 * Models as families of rungs. {@code Black} is what a user of an API sees, {@code Gray} adds
 * scores, {@code White} adds gradients and weights; a method says which rung it needs, and the
 * compiler holds it to that.
 */
package org.safety4j.core.model;
