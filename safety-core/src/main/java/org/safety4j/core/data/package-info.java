/** Data sets as artifacts: what attacks take, and what defenses filter and train with. */
package org.safety4j.core.data;
