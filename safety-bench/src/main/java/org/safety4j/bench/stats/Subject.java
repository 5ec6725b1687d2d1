package org.safety4j.bench.stats;

/**
 * Who is attacked: a model under a defense, on some data.
 *
 * @param data id of the data's source
 * @param model id of the model's source
 * @param defense the defense's label
 */
public record Subject(String data, String model, String defense) {
  /** Model and defense, as in {@code digits-vit + JPEG}. */
  @Override
  public String toString() {
    return defense.equals(MethodRef.NONE) ? model : model + " + " + defense;
  }
}
