/** The attacks of this jar: mechanisms in {@code engine}, recipes by family and threat. */
package org.safety4j.attacks;
