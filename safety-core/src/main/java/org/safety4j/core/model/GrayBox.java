package org.safety4j.core.model;

/** Access of somebody who also sees scores. */
public interface GrayBox extends BlackBox {}
