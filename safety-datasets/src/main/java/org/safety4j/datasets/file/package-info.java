/**
 * Bounded readers of binary data files: every read is checked against the file's end and against a
 * limit, and every failure names the file and the byte where it happened. Nothing here unpickles or
 * runs anything that a file contains.
 */
package org.safety4j.datasets.file;
