package org.safety4j.core.method;

/** The survey's threat classes. */
public enum Threat {
  /** Inputs changed at inference to change the answer. */
  ADVERSARIAL,
  /** Training data changed to lower quality or plant mistakes. */
  POISONING,
  /** Training or weights changed to plant a trigger. */
  BACKDOOR,
  /** Prompts that get past alignment. */
  JAILBREAK,
  /** Instructions smuggled in through data. */
  PROMPT_INJECTION,
  /** Inputs that cost the most. */
  ENERGY_LATENCY,
  /** Telling whether a sample was trained on. */
  MEMBERSHIP_INFERENCE,
  /** Getting training data out. */
  DATA_EXTRACTION,
  /** Copying a model through its answers. */
  MODEL_EXTRACTION,
  /** Protecting ownership of models and data. */
  IP_PROTECTION,
  /** Teaching a model to behave. */
  ALIGNMENT,
  /** Misusing agents. */
  AGENTIC_MISUSE,
  /** Attacks on an agent's calls of tools. */
  TOOL_CALLING,
  /** Attacks on an agent's memory or retrieval. */
  MEMORY,
  /** Attacks between agents. */
  MULTI_AGENT,
  /** Attacks on agents with bodies. */
  EMBODIED
}
