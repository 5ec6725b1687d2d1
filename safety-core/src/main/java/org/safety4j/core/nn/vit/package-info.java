/** Vision transformers: ViT and DeiT, whose tokens and attention can be read and overridden. */
package org.safety4j.core.nn.vit;
