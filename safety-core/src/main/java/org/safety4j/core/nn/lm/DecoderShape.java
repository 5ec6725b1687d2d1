package org.safety4j.core.nn.lm;

import java.util.HashMap;
import java.util.Map;

/** What all decoders have in common. */
record DecoderShape(
    int vocabulary, int width, int blocks, int heads, int keyHeads, int headWidth, int context) {
  Map<String, Object> constants(boolean fast) {
    Map<String, Object> constants = new HashMap<>();
    constants.put("WIDTH", width);
    constants.put("BLOCKS", blocks);
    constants.put("HEADS", heads);
    constants.put("KEY_HEADS", keyHeads);
    constants.put("GROUP", heads / keyHeads);
    constants.put("HEAD_WIDTH", headWidth);
    constants.put("SCALE", 1 / Math.sqrt(headWidth));
    constants.put("FAST", fast);
    return constants;
  }

  /** Bytes that keys and values of one position of one row take. */
  long cacheBytes() {
    return 4L * 2 * blocks * keyHeads * headWidth;
  }
}
