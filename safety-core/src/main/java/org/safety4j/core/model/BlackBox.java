package org.safety4j.core.model;

/** Access of somebody who sees final answers only. */
public interface BlackBox extends Model {}
