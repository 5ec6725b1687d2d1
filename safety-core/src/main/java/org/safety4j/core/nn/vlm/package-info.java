/** Vision-language models: a vision tower, a projector and a language model. */
package org.safety4j.core.nn.vlm;
