/** Contracts of attacks: what they need, what they take, and the results that they give. */
package org.safety4j.core.attack;
