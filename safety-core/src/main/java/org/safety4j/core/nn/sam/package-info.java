/** Segment Anything: image encoder, prompt encoder and mask decoder. */
package org.safety4j.core.nn.sam;
