/** Programs to run and to read: the main job, the list of methods, and the README's lines. */
package org.safety4j.examples;
