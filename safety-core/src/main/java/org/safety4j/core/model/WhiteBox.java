package org.safety4j.core.model;

/** Access of somebody who also has gradients, internal states and weights. */
public interface WhiteBox extends GrayBox {}
