/**
 * What the engines of image shields share: wrapping a classifier as the rung that was asked for.
 */
package org.safety4j.defenses.engine;
