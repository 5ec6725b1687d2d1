/**
 * Small trained models that come with the library, and the recipes that they were trained by.
 * {@link org.safety4j.datasets.zoo.Zoo} names them; nothing is loaded before a model is opened.
 */
package org.safety4j.datasets.zoo;
