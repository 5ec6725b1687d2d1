package org.safety4j.core.load;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.nn.Lora;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;

/**
 * Low-rank adapters in the layout of PEFT: a folder with {@code adapter_config.json} and {@code
 * adapter_model.safetensors}.
 */
public final class Adapters {
  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";
  private static final String PREFIX = "base_model.model.";
  private static final Pattern FACTOR = Pattern.compile("(.+)\\.lora_([AB])\\.weight");

  private Adapters() {}

  /**
   * Opens an adapter.
   *
   * @param folder the folder
   * @return the adapter, to be closed by the caller
   * @throws InvalidModelFile if a file is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is another kind of adapter, or trains more than weights of
   *     linear layers and convolutions; the message names it
   */
  public static Lora open(Path folder) {
    HfConfig config = HfConfig.read(folder.resolve(CONFIG));
    check(config);
    try (TensorSource weights = SafetensorsFile.open(folder.resolve(WEIGHTS));
        NDManager manager = Tensors.newManager()) {
      Map<String, Lora.Factors> factors = new LinkedHashMap<>();
      for (String name : weights.names()) {
        Matcher factor = FACTOR.matcher(name);
        if (!factor.matches()) {
          throw new UnsupportedModel(
              weights.origin()
                  + ": tensor \""
                  + name
                  + "\" is not a LoRA factor; only those are supported");
        }
        if (factor.group(2).equals("A")) {
          String layer = factor.group(1);
          factors.put(weight(layer), factors(config, weights, layer, manager));
        } else {
          weights.info(factor.group(1) + ".lora_A.weight");
        }
      }
      return Lora.of(factors);
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(folder + ": " + e.getMessage(), e);
    }
  }

  private static String weight(String layer) {
    return (layer.startsWith(PREFIX) ? layer.substring(PREFIX.length()) : layer) + ".weight";
  }

  private static void check(HfConfig config) {
    String kind = config.string("peft_type");
    if (!kind.equals("LORA")) {
      throw new UnsupportedModel(
          config.origin() + ": peft_type \"" + kind + "\" is not supported, only LORA");
    }
    for (String flag : List.of("use_dora", "lora_bias")) {
      if (config.flag(flag, false)) {
        throw new UnsupportedModel(config.origin() + ": " + flag + " is not supported");
      }
    }
    if (!config.string("bias", "none").equals("none")) {
      throw new UnsupportedModel(config.origin() + ": bias other than none is not supported");
    }
    if (config.isArray("modules_to_save") && !config.strings("modules_to_save").isEmpty()) {
      throw new UnsupportedModel(config.origin() + ": modules_to_save is not supported");
    }
  }

  private static Lora.Factors factors(
      HfConfig config, TensorSource weights, String layer, NDManager manager) {
    var a = finite(weights, layer + ".lora_A.weight", manager);
    var b = finite(weights, layer + ".lora_B.weight", manager);
    double rank = a.getShape().get(0);
    double alpha = pattern(config, "alpha_pattern", layer, config.number("lora_alpha"));
    double scale = config.flag("use_rslora", false) ? alpha / Math.sqrt(rank) : alpha / rank;
    return new Lora.Factors(a, b, scale, config.flag("fan_in_fan_out", false));
  }

  private static ai.djl.ndarray.NDArray finite(
      TensorSource weights, String name, NDManager manager) {
    return weights.require(name, manager, weights.info(name).shape().getShape());
  }

  /** Overrides by layer: a key stands for layers whose names end with it. */
  private static double pattern(HfConfig config, String field, String layer, double orElse) {
    if (!config.isObject(field)) {
      return orElse;
    }
    HfConfig patterns = config.object(field);
    for (String key : patterns.fields()) {
      if (layer.equals(key) || layer.endsWith("." + key)) {
        return patterns.number(key);
      }
    }
    return orElse;
  }

  /**
   * Saves an adapter as a folder that PEFT and {@link #open} read.
   *
   * @param lora the adapter; stays the caller's
   * @param base where the model that it changes is found; a name or path for the reader
   * @param folder the folder, made if it is not there; files of the same names are replaced
   * @throws IllegalArgumentException if weights stand with their inputs first in some layers only
   * @throws UncheckedIOException if it cannot be written
   */
  public static void save(Lora lora, String base, Path folder) {
    Map<String, Lora.Factors> factors = lora.factors();
    List<Boolean> transposed =
        new ArrayList<>(
            new TreeSet<>(factors.values().stream().map(Lora.Factors::transposed).toList()));
    if (transposed.size() > 1) {
      throw new IllegalArgumentException(
          "an adapter folder cannot mix weights that stand with inputs first and others");
    }
    ObjectNode json = Json.MAPPER.createObjectNode();
    Lora.Factors first = factors.values().iterator().next();
    json.put("peft_type", "LORA");
    json.put("base_model_name_or_path", base);
    json.put("bias", "none");
    json.put("fan_in_fan_out", transposed.get(0));
    json.put("inference_mode", true);
    json.put("lora_alpha", first.scale() * first.rank());
    json.put("lora_dropout", 0.0);
    json.put("r", first.rank());
    json.put("use_rslora", false);
    json.put("use_dora", false);
    ArrayNode modules = json.putArray("target_modules");
    ObjectNode alphas = json.putObject("alpha_pattern");
    ObjectNode ranks = json.putObject("rank_pattern");
    TreeSet<String> kinds = new TreeSet<>();
    SafetensorsWriter writer = new SafetensorsWriter();
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.off()) {
      factors.forEach(
          (name, f) -> {
            String layer = name.substring(0, name.length() - ".weight".length());
            kinds.add(layer.substring(layer.lastIndexOf('.') + 1));
            if (f.rank() != first.rank() || f.scale() != first.scale()) {
              alphas.put(layer, f.scale() * f.rank());
              ranks.put(layer, f.rank());
            }
            writer.put(PREFIX + layer + ".lora_A.weight", f.a());
            writer.put(PREFIX + layer + ".lora_B.weight", f.b());
          });
      kinds.forEach(modules::add);
      Files.createDirectories(folder);
      writer.write(folder.resolve(WEIGHTS));
      AtomicFile.write(
          folder.resolve(CONFIG),
          Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }
}
