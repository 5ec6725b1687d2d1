package org.safety4j.core.load;

import java.nio.file.Path;
import org.safety4j.core.text.Tokenizer;

/** The files of one model in the layout of Hugging Face, in a folder or on the class path. */
public interface ModelFiles {
  /**
   * Takes a folder.
   *
   * @param folder the folder
   * @return its files
   * @throws org.safety4j.core.error.InvalidModelFile if there is no such folder
   */
  static ModelFiles in(Path folder) {
    return new HfFolder(folder);
  }

  /**
   * Takes resources on the class path.
   *
   * @param anchor the class that the folder lies beside
   * @param folder the folder's name
   * @return its files
   */
  static ModelFiles beside(Class<?> anchor, String folder) {
    return new ResourceFolder(anchor, folder);
  }

  /**
   * Returns where the files are.
   *
   * @return a path or another description
   */
  String origin();

  /**
   * Returns the last part of the origin, which serves as the model's name.
   *
   * @return a short name
   */
  String name();

  /**
   * Returns the files of a part of a model that has one folder a part.
   *
   * @param name the part's folder
   * @return its files
   * @throws org.safety4j.core.error.InvalidModelFile if there is no such folder
   */
  ModelFiles part(String name);

  /**
   * Reads {@code config.json}.
   *
   * @return the configuration
   * @throws org.safety4j.core.error.InvalidModelFile if it is missing or damaged
   */
  default HfConfig config() {
    return config("config.json");
  }

  /**
   * Reads a configuration.
   *
   * @param file its name
   * @return the configuration
   * @throws org.safety4j.core.error.InvalidModelFile if it is missing or damaged
   */
  HfConfig config(String file);

  /**
   * Reads {@code preprocessor_config.json}.
   *
   * @return the preprocessor
   * @throws org.safety4j.core.error.InvalidModelFile if it is missing or damaged
   * @throws org.safety4j.core.error.UnsupportedModel if it asks for what is not supported
   */
  ImagePreprocessor preprocessor();

  /**
   * Tells whether a file is there.
   *
   * @param file its name, such as {@code tokenizer.json}
   * @return true if it is
   */
  boolean has(String file);

  /**
   * Reads a file whole.
   *
   * @param file its name, such as {@code tokenizer.json}
   * @param maxBytes the largest size that is accepted
   * @return its content
   * @throws org.safety4j.core.error.InvalidModelFile if it is missing or larger
   */
  byte[] read(String file, int maxBytes);

  /**
   * Opens the weights: one safetensors file or an index with its shards.
   *
   * @return the source, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if there are none, or they are damaged
   * @throws org.safety4j.core.error.UnsupportedModel if there are only pickles, which can run code
   *     when opened and therefore never are
   */
  TensorSource weights();

  /**
   * Opens the tokenizer: {@code tokenizer.json}, or the {@code vocab.json} and {@code merges.txt}
   * of CLIP.
   *
   * @return the tokenizer, to be closed by the caller
   * @throws org.safety4j.core.error.InvalidModelFile if it is missing or damaged
   */
  Tokenizer tokenizer();
}
