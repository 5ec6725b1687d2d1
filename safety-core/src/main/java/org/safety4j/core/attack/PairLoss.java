package org.safety4j.core.attack;

import org.safety4j.core.model.LogitLoss;

/**
 * A loss that needs the class to leave and the class to reach: its labels are int64 {@code [N, 2]},
 * class first, target second.
 */
public interface PairLoss extends LogitLoss {}
