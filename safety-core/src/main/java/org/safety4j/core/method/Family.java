package org.safety4j.core.method;

/** The survey's model families, and the methods that all of them share. */
public enum Family {
  /** Methods that every robustness toolkit has. */
  CORE,
  /** Vision foundation models: ViT, SAM. */
  VFM,
  /** Large language models. */
  LLM,
  /** Vision-language pre-training: CLIP. */
  VLP,
  /** Vision-language models. */
  VLM,
  /** Diffusion models. */
  DM,
  /** Agents. */
  AGENT
}
