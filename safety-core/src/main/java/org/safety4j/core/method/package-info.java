/**
 * What every method says of itself, and the catalogue in which methods are found. Listing touches
 * neither recipes nor native code.
 */
package org.safety4j.core.method;
