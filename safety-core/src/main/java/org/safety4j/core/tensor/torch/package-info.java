/**
 * The only package that touches DJL's PyTorch engine: TorchScript programs authored as text, and
 * the engine's start. Internal: it may change without notice.
 */
package org.safety4j.core.tensor.torch;
