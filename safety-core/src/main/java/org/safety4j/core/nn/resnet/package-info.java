/** Residual convolutional networks. */
package org.safety4j.core.nn.resnet;
