/**
 * A campaign's figures as a page, as Markdown and as lines of JSON. Model outputs and names are
 * hostile by nature: nothing reaches a page but through an element tree that escapes it.
 */
package org.safety4j.bench.report;
