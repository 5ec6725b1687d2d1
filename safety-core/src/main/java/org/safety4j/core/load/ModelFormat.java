package org.safety4j.core.load;

import java.util.List;
import org.safety4j.core.model.Model;

/** How the folders of some architectures are opened. */
interface ModelFormat {
  /** What {@code architectures} in config.json may say. */
  List<String> architectures();

  /** What is opened. */
  Class<? extends Model> type();

  /** Opens the model that stands first in {@code architectures}. */
  Model open(ModelFiles files, String architecture);
}
