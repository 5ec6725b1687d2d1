/**
 * Language models that write from left to right: GPT-2, Llama and its like. Each is one program of
 * text, run as one call a reading; decoding keeps keys and values in buffers that are allocated
 * once.
 */
package org.safety4j.core.nn.lm;
