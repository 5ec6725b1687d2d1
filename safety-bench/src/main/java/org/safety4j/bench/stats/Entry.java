package org.safety4j.bench.stats;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Map;

/** A record of a campaign's journal. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Entry.Session.class, name = "session"),
  @JsonSubTypes.Type(value = Entry.Data.class, name = "data"),
  @JsonSubTypes.Type(value = Entry.Model.class, name = "model"),
  @JsonSubTypes.Type(value = Entry.Baseline.class, name = "baseline"),
  @JsonSubTypes.Type(value = Entry.Attacked.class, name = "attacked"),
  @JsonSubTypes.Type(value = Entry.Skipped.class, name = "skipped"),
  @JsonSubTypes.Type(value = Entry.Failed.class, name = "failed")
})
public sealed interface Entry {
  /**
   * A process worked on the campaign.
   *
   * @param campaign the campaign's name
   * @param started when, as ISO-8601
   * @param environment versions of library and Java, operating system, processor
   * @param models ids of the models' sources, in the campaign's order
   * @param defenses the defenses, in the campaign's order
   * @param attacks the attacks that it lists, in its order
   */
  record Session(
      String campaign,
      String started,
      Map<String, String> environment,
      List<String> models,
      List<MethodRef> defenses,
      List<MethodRef> attacks)
      implements Entry {}

  /**
   * Data that were attacked.
   *
   * @param id id of their source
   * @param checksum checksum of their contents
   * @param shape one sample's shape, channels first
   * @param labels a class a sample
   * @param classNames names of the classes; may be empty
   */
  record Data(String id, String checksum, long[] shape, int[] labels, List<String> classNames)
      implements Entry {}

  /**
   * A model that was attacked.
   *
   * @param id id of its source
   * @param architecture what it is
   * @param parameters how many parameters it has; 0 where that is unknown
   * @param origin where it came from
   * @param licence its licence; may be empty
   * @param classes how many classes it tells apart
   */
  record Model(
      String id, String architecture, long parameters, String origin, String licence, int classes)
      implements Entry {}

  /**
   * A model under a defense, without attack.
   *
   * @param cell its coordinates
   * @param predictions the answer for each image; negative where the model refused
   * @param rungs full names of the interfaces that the defended model offers
   * @param highest the most specific of them, as shown to people
   * @param adaptive ids of the attacks that adapt to the defense: those that it names, and those
   *     picked for what it was seen to do
   * @param random whether two draws of the defense answered differently
   * @param zeroGradients images for which the loss has a gradient of zero; -1 without gradients
   * @param badGradients images for which it has NaN or infinite entries; -1 without gradients
   * @param millisPerImage wall time of one answer
   * @param seconds wall time of the cell
   */
  record Baseline(
      Cell cell,
      int[] predictions,
      List<String> rungs,
      List<String> highest,
      List<String> adaptive,
      boolean random,
      int zeroGradients,
      int badGradients,
      double millisPerImage,
      double seconds)
      implements Entry {}

  /**
   * An attack's result, measured anew on the attacked model, not taken from the attack's word.
   *
   * @param cell its coordinates
   * @param before the answer for each original image
   * @param after the answer for each adversarial image; from a fresh draw where the defense is
   *     random
   * @param rounded the answer after rounding to 8 bits a channel
   * @param valid whether each adversarial image is finite, in [0, 1] and in the attack's ball
   * @param linf how far each image was moved, largest change
   * @param l2 how far each image was moved, Euclidean
   * @param distance how far each image was moved, in the attack's own norm
   * @param norm the attack's own norm
   * @param queries model queries spent on each image, as the attack counts them
   * @param claimed how many successes the attack reported
   * @param totalQueries samples that the model was asked, as the access proxy counted them
   * @param gradients of these, samples of which a gradient was taken
   * @param seconds wall time of the attack
   * @param lossTrace the attack's loss a step, thinned out; may be empty
   * @param traces for an attack without ball, how each image's distance fell with the queries spent
   *     on it, thinned out; empty otherwise
   * @param warnings what the attack itself found doubtful
   * @param examples a few images to look at
   */
  record Attacked(
      Cell cell,
      int[] before,
      int[] after,
      int[] rounded,
      boolean[] valid,
      float[] linf,
      float[] l2,
      float[] distance,
      String norm,
      long[] queries,
      int claimed,
      long totalQueries,
      long gradients,
      double seconds,
      double[] lossTrace,
      List<Trace> traces,
      List<String> warnings,
      List<Example> examples)
      implements Entry {}

  /**
   * How the distance of one image's best adversarial image fell: a step function.
   *
   * @param queries queries spent when it fell, rising
   * @param distances what it fell to
   */
  record Trace(long[] queries, float[] distances) {
    /**
     * Tells when the distance first was at most a radius.
     *
     * @param radius the radius
     * @return queries spent until then; -1 if it never was
     */
    public long firstWithin(double radius) {
      for (int i = 0; i < queries.length; i++) {
        if (distances[i] <= radius * (1 + 1e-4) + 1e-6) {
          return queries[i];
        }
      }
      return -1;
    }
  }

  /**
   * A cell that cannot be: a method does not fit the model.
   *
   * @param cell its coordinates
   * @param reason which method needs what, and what is offered
   */
  record Skipped(Cell cell, String reason) implements Entry {}

  /**
   * A cell that ended in an error. It is tried again when the campaign is resumed.
   *
   * @param cell its coordinates
   * @param error the error's class and message
   */
  record Failed(Cell cell, String error) implements Entry {}
}
