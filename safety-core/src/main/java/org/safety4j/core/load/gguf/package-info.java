/**
 * Reads GGUF files: metadata, tensors with dequantisation, tokenizer. Every length, count and
 * offset of a file is checked before memory is taken.
 */
package org.safety4j.core.load.gguf;
