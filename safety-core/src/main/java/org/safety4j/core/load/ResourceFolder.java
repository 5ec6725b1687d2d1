package org.safety4j.core.load;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.SpecialTokens;
import org.safety4j.core.text.Tokenizer;

/** A model's files on the class path. */
record ResourceFolder(Class<?> anchor, String folder) implements ModelFiles {
  private static final int MAX_TOKENIZER = 256 << 20;

  @Override
  public String origin() {
    return "resource " + folder;
  }

  @Override
  public String name() {
    return folder.substring(folder.lastIndexOf('/') + 1);
  }

  @Override
  public boolean has(String file) {
    return anchor.getResource(folder + "/" + file) != null;
  }

  @Override
  public ModelFiles part(String name) {
    return new ResourceFolder(anchor, folder + "/" + name);
  }

  @Override
  public HfConfig config(String file) {
    return HfConfig.parse(
        "resource " + folder + "/" + file,
        new String(read(file, HfConfig.MAX_BYTES), StandardCharsets.UTF_8));
  }

  @Override
  public ImagePreprocessor preprocessor() {
    return ImagePreprocessor.of(config("preprocessor_config.json"));
  }

  @Override
  public TensorSource weights() {
    String diffusers = "diffusion_pytorch_model.safetensors";
    return SafetensorsFile.ofResource(
        anchor, folder + "/" + (has(diffusers) ? diffusers : "model.safetensors"));
  }

  @Override
  public Tokenizer tokenizer() {
    byte[] json = read("tokenizer.json", MAX_TOKENIZER);
    Tokenizer tokenizer = HuggingFaceTokenizers.of(origin(), json, SpecialTokens.none());
    if (!has("tokenizer_config.json")) {
      return tokenizer;
    }
    try (tokenizer) {
      HfConfig config = config("tokenizer_config.json");
      SpecialTokens roles =
          new SpecialTokens(
              role(config, "bos_token", tokenizer),
              role(config, "eos_token", tokenizer),
              role(config, "pad_token", tokenizer),
              role(config, "unk_token", tokenizer));
      return HuggingFaceTokenizers.of(origin(), json, roles);
    }
  }

  private static OptionalInt role(HfConfig config, String field, Tokenizer tokenizer) {
    if (!config.has(field)) {
      return OptionalInt.empty();
    }
    return tokenizer.id(
        config.isObject(field) ? config.object(field).string("content") : config.string(field));
  }

  @Override
  public byte[] read(String file, int maxBytes) {
    String name = folder + "/" + file;
    try (InputStream in = anchor.getResourceAsStream(name)) {
      if (in == null) {
        throw new InvalidModelFile(
            "resource " + name + " beside " + anchor.getName() + ": not on the class path");
      }
      byte[] bytes = in.readNBytes(maxBytes);
      if (in.read() >= 0) {
        throw new InvalidModelFile(
            "resource " + name + ": more than the " + maxBytes + " bytes allowed");
      }
      return bytes;
    } catch (IOException e) {
      throw new InvalidModelFile("resource " + name + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
