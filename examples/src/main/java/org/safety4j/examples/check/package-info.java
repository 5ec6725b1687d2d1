/** Holds folders of models to what a reference implementation made of them. */
package org.safety4j.examples.check;
