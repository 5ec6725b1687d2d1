/** Defenses: how they are listed for the catalogue, and how shields are stacked. */
package org.safety4j.defenses;
