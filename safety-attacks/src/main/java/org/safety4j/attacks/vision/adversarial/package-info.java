/** Attacks that change images so that a classifier errs: recipes on the engines. */
package org.safety4j.attacks.vision.adversarial;
