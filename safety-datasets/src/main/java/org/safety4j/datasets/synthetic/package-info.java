/** Seeded generators of data whose right answers are known in closed form. */
package org.safety4j.datasets.synthetic;
