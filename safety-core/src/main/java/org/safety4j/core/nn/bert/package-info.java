/** BERT encoders (MiniLM and their like): sentence vectors and text classifiers. */
package org.safety4j.core.nn.bert;
