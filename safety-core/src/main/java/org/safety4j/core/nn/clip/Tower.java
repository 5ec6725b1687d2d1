package org.safety4j.core.nn.clip;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.Map;
import org.safety4j.core.nn.Dense;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.torch.TorchProgram;

/** What both towers are built of: parameters under their names without prefix, and a program. */
final class Tower {
  private final Parameters parameters;
  private final String prefix;
  private final Map<String, NDArray> bound = new LinkedHashMap<>();

  Tower(Parameters parameters, String prefix) {
    this.parameters = parameters;
    this.prefix = prefix;
  }

  void weight(String name, long... shape) {
    bound.put(name, parameters.weight(prefix + name, shape));
  }

  /** A parameter that stands elsewhere in the checkpoint. */
  void outside(String name, String stored, long... shape) {
    bound.put(name, parameters.weight(stored, shape));
  }

  void constant(String name, NDArray array) {
    bound.put(name, array);
  }

  void norm(String name, long width) {
    weight(name + ".weight", width);
    weight(name + ".bias", width);
  }

  void blocks(ClipTowerConfig c) {
    for (int i = 0; i < c.blocks(); i++) {
      String block = "encoder.layers." + i;
      norm(block + ".layer_norm1", c.width());
      for (String part : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
        linear(block + ".self_attn." + part, c.width(), c.width());
      }
      norm(block + ".layer_norm2", c.width());
      linear(block + ".mlp.fc1", c.width(), c.mlpWidth());
      linear(block + ".mlp.fc2", c.mlpWidth(), c.width());
    }
  }

  private void linear(String name, long in, long out) {
    weight(name + ".weight", out, in);
    weight(name + ".bias", out);
  }

  TorchProgram compile(String resource, ClipTowerConfig c, Map<String, ?> more) {
    int headWidth = c.width() / c.heads();
    Map<String, Object> constants = new LinkedHashMap<>(more);
    constants.put("ACTIVATION", c.activation().expression());
    constants.put("WIDTH", c.width());
    constants.put("EPSILON", c.epsilon());
    constants.put("HEADS", c.heads());
    constants.put("HEAD_WIDTH", headWidth);
    constants.put("SCALE", 1 / Math.sqrt(headWidth));
    constants.put("BLOCKS", c.blocks());
    TorchProgram program =
        TorchProgram.compile(
            "clip " + resource,
            Dense.text()
                + TorchProgram.text(Tower.class, "tower.torch.py")
                + TorchProgram.text(Tower.class, resource),
            constants);
    try {
      program.all("bind", bound);
      return program;
    } catch (RuntimeException e) {
      program.close();
      throw e;
    }
  }
}
