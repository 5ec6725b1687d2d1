/**
 * Diffusion models in the layout of diffusers: denoisers with and without text, the latent codec,
 * and pipelines made of them. A model is a configuration record, a text program and the names of
 * its parameters.
 */
package org.safety4j.core.nn.diffusion;
