/**
 * Opens models from files: safetensors (single, sharded, in memory), Hugging Face folders and
 * TorchScript.
 *
 * <p>Every reader treats its file as hostile: sizes and offsets are checked before memory is taken,
 * pickles are never opened, and what is wrong is said in an {@link
 * org.safety4j.core.error.InvalidModelFile} or {@link org.safety4j.core.error.UnsupportedModel}
 * that names file and field.
 */
package org.safety4j.core.load;
