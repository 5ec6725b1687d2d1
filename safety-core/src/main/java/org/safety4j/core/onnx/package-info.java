/**
 * ONNX files as image classifiers that give scores. Optional at run time: add {@code
 * com.microsoft.onnxruntime:onnxruntime} to use it. There are no gradients: ONNX Runtime is for
 * inference.
 */
package org.safety4j.core.onnx;
