package org.safety4j.core.text.jinja;

/** Something that a template may call: a macro, a global function, a method of a value. */
@FunctionalInterface
interface Callable {
  Object call(Machine machine, Arguments arguments);
}
