/** Picture files that the examples read and write. */
package org.safety4j.examples.pictures;
