/** CLIP: a text and a vision tower whose embeddings can be compared; each usable alone. */
package org.safety4j.core.nn.clip;
