/** Defenses of image classifiers against adversarial examples. */
package org.safety4j.defenses.vision.adversarial;
