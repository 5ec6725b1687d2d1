package org.safety4j.bench.stats;

import org.safety4j.core.metric.PairedTest;
import org.safety4j.core.metric.QueriesToSuccess;
import org.safety4j.core.metric.Summary;

/**
 * One attack on one subject, over all seeds and draws.
 *
 * @param subject model and defense
 * @param defense the defense
 * @param attack the attack
 * @param label the attack's short, unique name
 * @param adaptive whether the defense names this attack as adaptive to it
 * @param clean share of all images classified correctly without attack
 * @param success share of correctly classified images that the attack won
 * @param robust share of all images classified correctly in spite of the attack
 * @param rounded the success rate after rounding the images to 8 bits a channel
 * @param control whether the attack landed on the undefended model
 * @param againstUndefended images that withstand with the defense against those that do without, in
 *     the first seed and draw; null for the undefended model or without control
 * @param adjustedP the mid-p value of that comparison after Holm's correction over all rows; NaN
 *     where there is none
 * @param queries queries against success
 * @param queriesRadius for an attack that minimises a distance, how near an image had to come to
 *     count as won in {@code queries}; NaN for others
 * @param meanQueries queries spent on an image that was attacked, on average
 * @param distance how far images were moved that the attack won, in its own norm
 * @param norm the attack's own norm
 * @param seconds wall time of one cell, on average
 */
public record Row(
    Subject subject,
    MethodRef defense,
    MethodRef attack,
    String label,
    boolean adaptive,
    Figure clean,
    Figure success,
    Figure robust,
    Figure rounded,
    Control control,
    PairedTest againstUndefended,
    double adjustedP,
    QueriesToSuccess queries,
    double queriesRadius,
    double meanQueries,
    Summary distance,
    String norm,
    double seconds) {
  Row withAdjustedP(double p) {
    return new Row(
        subject,
        defense,
        attack,
        label,
        adaptive,
        clean,
        success,
        robust,
        rounded,
        control,
        againstUndefended,
        p,
        queries,
        queriesRadius,
        meanQueries,
        distance,
        norm,
        seconds);
  }
}
