package org.safety4j.examples.check;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.SafetyException;
import org.safety4j.core.load.Adapters;
import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.load.HfConfig;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.LmContext;
import org.safety4j.core.nn.HasParameters;
import org.safety4j.core.nn.Lora;
import org.safety4j.core.nn.diffusion.UNet;
import org.safety4j.core.nn.lm.Precision;
import org.safety4j.core.tensor.Scope;

/** A low-rank adapter over a language model or a denoiser that lies elsewhere. */
final class AdapterCheck {
  static final String CONFIG = "adapter_config.json";
  private static final String MODEL = "config.json";
  private static final String LOGITS = "logits";
  private static final String NOISE = "noise";

  private AdapterCheck() {}

  /** The model with the adapter, merged while opening and afterwards. */
  static void check(Path folder, List<Path> others, Reference reference) {
    try (Lora lora = Adapters.open(folder)) {
      String named = HfConfig.read(folder.resolve(CONFIG)).string("base_model_name_or_path");
      Path there = folder.resolve(named).normalize();
      if (Files.isDirectory(there)) {
        over(there, lora, reference).forEach(reference.findings()::add);
      } else {
        search(folder, named, lora, others, reference);
      }
      reference.finish("a model with an adapter");
    }
  }

  private static List<Finding> over(Path base, Lora lora, Reference reference) {
    return isDenoiser(base)
        ? overDenoiser(base, lora, reference)
        : overLanguageModel(base, lora, reference);
  }

  private static boolean isDenoiser(Path folder) {
    return HfConfig.read(folder.resolve(MODEL)).string("_class_name", "").startsWith("UNet");
  }

  private static List<Finding> overDenoiser(Path base, Lora lora, Reference reference) {
    Findings findings = new Findings();
    try (Scope scope = Scope.open();
        UNet unet = DiffusionLoader.unet(base);
        Lora.Merged merged = lora.mergeInto(unet)) {
      NDArray text = unet.config().takesText() ? reference.input("text") : null;
      NDArray noise = unet.answer(reference.input("latents"), reference.input("timesteps"), text);
      findings.compare(NOISE, noise, reference.output(NOISE), Tolerance.OUTPUT);
    }
    return findings.all();
  }

  private static List<Finding> overLanguageModel(Path base, Lora lora, Reference reference) {
    Findings findings = new Findings();
    try (Scope scope = Scope.open()) {
      NDArray ids = reference.input("ids");
      NDArray expected = reference.output(LOGITS);
      try (CausalLm.Gray opened = LanguageModels.causalLm(base, Precision.FULL, lora)) {
        findings.compare(LOGITS, opened.logits(ids, LmContext.whole()), expected, Tolerance.OUTPUT);
      }
      try (CausalLm.White model = Models.causalLm(base);
          Lora.Merged merged = lora.mergeInto((HasParameters) model)) {
        findings.compare(LOGITS, model.logits(ids, LmContext.whole()), expected, Tolerance.OUTPUT);
      }
    }
    return findings.all();
  }

  /**
   * Where the named model is not there, a model at hand that the adapter fits takes its place; of
   * several the one that gives what the reference gives.
   */
  private static void search(
      Path folder, String named, Lora lora, List<Path> others, Reference reference) {
    Set<Path> candidates = new LinkedHashSet<>();
    Stream.concat(others.stream(), neighbours(folder).stream())
        .filter(candidate -> fits(candidate, lora))
        .map(candidate -> candidate.toAbsolutePath().normalize())
        .forEach(candidates::add);
    if (candidates.isEmpty()) {
      throw new InvalidModelFile(
          folder
              + ": the model \""
              + named
              + "\" that the adapter changes is not there, and it fits no folder that is named or lies"
              + " beside it; put the model where "
              + CONFIG
              + " says");
    }
    List<Finding> found = List.of();
    for (Path candidate : candidates) {
      found = over(candidate, lora, reference);
      if (found.stream().allMatch(Finding::ok)) {
        reference
            .findings()
            .remark("\"" + named + "\" is not there; the adapter is checked over " + candidate);
        break;
      }
    }
    found.forEach(reference.findings()::add);
  }

  private static List<Path> neighbours(Path folder) {
    Path parent = folder.toAbsolutePath().normalize().getParent();
    if (parent == null) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(parent)) {
      return list.filter(Files::isDirectory).sorted().limit(1000).toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static boolean fits(Path candidate, Lora lora) {
    if (!Files.isRegularFile(candidate.resolve(MODEL))) {
      return false;
    }
    try {
      if (isDenoiser(candidate)) {
        try (UNet unet = DiffusionLoader.unet(candidate);
            Lora.Merged merged = lora.mergeInto(unet)) {
          return true;
        }
      }
      try (CausalLm.Gray model = LanguageModels.causalLm(candidate, Precision.FULL, lora)) {
        return model.vocabularySize() > 0;
      }
    } catch (SafetyException | IllegalArgumentException e) {
      return false;
    }
  }
}
