/**
 * Small classifiers with known answers, for tests: closed-form gradients and distances, the same
 * bits in every batch, no files.
 */
package org.safety4j.testkit.models;
