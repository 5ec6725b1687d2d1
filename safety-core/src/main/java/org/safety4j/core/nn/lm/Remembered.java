package org.safety4j.core.nn.lm;

import ai.djl.ndarray.NDArray;
import org.safety4j.core.model.KvPrefix;

/** Keys and values of a text that one decoder read. */
final class Remembered implements KvPrefix {
  private final Decoder decoder;
  private final int[] ids;
  private final NDArray past;

  Remembered(Decoder decoder, int[] ids, NDArray past) {
    this.decoder = decoder;
    this.ids = ids;
    this.past = past;
  }

  boolean madeBy(Decoder other) {
    return decoder == other;
  }

  NDArray past() {
    return past;
  }

  @Override
  public int[] ids() {
    return ids.clone();
  }

  @Override
  public int length() {
    return ids.length;
  }

  @Override
  public void close() {
    past.close();
  }
}
