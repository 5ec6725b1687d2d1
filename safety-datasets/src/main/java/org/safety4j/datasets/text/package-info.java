/** Texts, and chats that wait for an answer. */
package org.safety4j.datasets.text;
