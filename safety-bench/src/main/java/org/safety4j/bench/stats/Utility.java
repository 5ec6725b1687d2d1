package org.safety4j.bench.stats;

import java.util.List;
import org.safety4j.core.metric.PairedTest;

/**
 * What a defense costs when nobody attacks.
 *
 * @param subject model and defense
 * @param defense the defense
 * @param accuracy share of all images classified correctly; a refused image counts as wrong
 * @param refused share of all images that the model refused to classify
 * @param millisPerImage wall time of one answer
 * @param slowdown this time over the undefended model's; NaN where that was not measured
 * @param random whether two draws of the defense answered differently
 * @param zeroGradients images with a gradient of zero; -1 where no gradient is offered
 * @param badGradients images with NaN or infinite gradients; -1 where no gradient is offered
 * @param offers the rungs offered
 * @param againstUndefended correct answers with the defense against those without; null for the
 *     undefended model
 */
public record Utility(
    Subject subject,
    MethodRef defense,
    Figure accuracy,
    Figure refused,
    double millisPerImage,
    double slowdown,
    boolean random,
    int zeroGradients,
    int badGradients,
    List<String> offers,
    PairedTest againstUndefended) {}
