package org.safety4j.core.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.safety4j.core.nn.DifferentiableClassifier;

/** The names of classes in a configuration. */
final class ClassLabels {
  private ClassLabels() {}

  /** Two numbered classes are the default of the layout, which then is not written out. */
  static List<String> read(HfConfig config) {
    List<String> labels = config.labels();
    return labels.isEmpty() ? DifferentiableClassifier.numbered(2) : labels;
  }

  static void write(ObjectNode config, List<String> labels) {
    ObjectNode byId = config.putObject("id2label");
    ObjectNode byLabel = config.putObject("label2id");
    for (int i = 0; i < labels.size(); i++) {
      byId.put(Integer.toString(i), labels.get(i));
      byLabel.put(labels.get(i), i);
    }
  }
}
