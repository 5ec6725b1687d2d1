package org.safety4j.core.load;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.safety4j.core.model.diffusion.Ddim;
import org.safety4j.core.model.diffusion.Ddpm;
import org.safety4j.core.model.diffusion.DpmSolver;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.Sampler;
import org.safety4j.core.model.diffusion.Spacing;
import org.safety4j.core.nn.clip.ClipTextModel;
import org.safety4j.core.nn.diffusion.AutoencoderConfig;
import org.safety4j.core.nn.diffusion.AutoencoderKl;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.nn.diffusion.UNetConfig;
import org.safety4j.core.nn.diffusion.UNetConfig.Attention;

/** Writes pipelines in the layout of diffusers. */
final class DiffusersFolders {
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";
  private static final String DIFFUSERS = "diffusers";

  private DiffusersFolders() {}

  static void write(DiffusionPipeline model, Path folder) {
    ObjectNode index = Json.MAPPER.createObjectNode();
    AutoencoderKl codec = model.codec();
    ClipTextModel text = model.text();
    index.put("_class_name", codec == null ? "DDIMPipeline" : "StableDiffusionPipeline");
    UNetConfig denoiser = model.denoiser().config();
    FolderWriter.part(folder.resolve("unet"), WEIGHTS, unet(denoiser), model.denoiser().stored());
    part(index, "unet", DIFFUSERS, denoiser.takesText() ? "UNet2DConditionModel" : "UNet2DModel");
    ObjectNode scheduler = scheduler(model.schedule(), model.sampling().sampler());
    FolderWriter.json(folder.resolve("scheduler").resolve("scheduler_config.json"), scheduler);
    part(index, "scheduler", DIFFUSERS, scheduler.get("_class_name").asText());
    if (codec != null) {
      write(codec, folder.resolve("vae"));
      part(index, "vae", DIFFUSERS, "AutoencoderKL");
    }
    if (text != null) {
      ObjectNode config = Json.MAPPER.createObjectNode();
      config.putArray("architectures").add("CLIPTextModel");
      ClipFormat.describe(config, text.config());
      FolderWriter.model(folder.resolve("text_encoder"), config, text.stored());
      FolderWriter.tokenizer(folder.resolve("tokenizer"), text.tokenizer());
      part(index, "text_encoder", "transformers", "CLIPTextModel");
      part(index, "tokenizer", "transformers", "CLIPTokenizer");
    }
    FolderWriter.json(folder.resolve("model_index.json"), index);
  }

  static void write(AutoencoderKl codec, Path folder) {
    FolderWriter.part(folder, WEIGHTS, autoencoder(codec.config()), codec.stored());
  }

  private static void part(ObjectNode index, String name, String library, String type) {
    index.putArray(name).add(library).add(type);
  }

  private static ObjectNode unet(UNetConfig c) {
    boolean text = c.takesText();
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("_class_name", text ? "UNet2DConditionModel" : "UNet2DModel");
    size(json, c.height(), c.width());
    json.put("in_channels", c.inChannels());
    json.put("out_channels", c.outChannels());
    numbers(json, "block_out_channels", c.channels());
    kinds(json, "down_block_types", "Down", c.down());
    kinds(json, "up_block_types", "Up", c.up());
    json.put("norm_num_groups", c.groups());
    json.put("norm_eps", c.epsilon());
    json.put("act_fn", c.activation().configName());
    json.put("resnet_time_scale_shift", c.scaleShift() ? "scale_shift" : "default");
    json.put("mid_block_scale_factor", c.middleScale());
    json.put("downsample_padding", c.downPadding());
    json.put("flip_sin_to_cos", c.cosineFirst());
    json.put("freq_shift", (int) c.frequencyShift());
    json.put("center_input_sample", c.centre());
    if (text) {
      numbers(json, "layers_per_block", c.layers());
      numbers(json, "attention_head_dim", c.heads());
      numbers(json, "transformer_layers_per_block", c.depth());
      json.put("cross_attention_dim", c.textWidth());
      json.put("use_linear_projection", c.linearProjection());
      json.put("conv_in_kernel", c.inKernel());
      json.put("conv_out_kernel", c.outKernel());
      json.put(
          "mid_block_type",
          switch (c.middle()) {
            case TEXT -> "UNetMidBlock2DCrossAttn";
            case NONE -> "UNetMidBlock2D";
            case ABSENT -> null;
            case PIXELS ->
                throw new IllegalArgumentException(
                    "a denoiser with text cannot be saved with a middle that attends to pixels");
          });
    } else {
      json.put("layers_per_block", same("layers", c.layers()));
      json.put("attention_head_dim", headWidth(c));
      json.put("add_attention", c.middle() == Attention.PIXELS);
      json.put("mid_block_type", c.middle() == Attention.ABSENT ? null : "UNetMidBlock2D");
    }
    return json;
  }

  private static int same(String field, List<Integer> values) {
    for (int value : values) {
      if (value != values.get(0)) {
        throw new IllegalArgumentException(
            "a denoiser without text is saved with one number of "
                + field
                + " for all levels, has "
                + values);
      }
    }
    return values.get(0);
  }

  /** The size of a head, where one size gives every level that attends its number of heads. */
  private static int headWidth(UNetConfig c) {
    int last = c.levels() - 1;
    int width = c.channels().get(last) / c.heads().get(last);
    for (int i = 0; i <= last; i++) {
      boolean attends =
          c.down().get(i) == Attention.PIXELS || c.up().get(last - i) == Attention.PIXELS;
      if (attends && Math.max(1, c.channels().get(i) / width) != c.heads().get(i)) {
        throw new IllegalArgumentException(
            "a denoiser without text is saved with one size of heads, has "
                + c.heads()
                + " heads for "
                + c.channels()
                + " channels");
      }
    }
    return width;
  }

  private static ObjectNode autoencoder(AutoencoderConfig c) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("_class_name", "AutoencoderKL");
    size(json, c.height(), c.width());
    json.put("in_channels", c.inChannels());
    json.put("out_channels", c.inChannels());
    json.put("latent_channels", c.latentChannels());
    numbers(json, "block_out_channels", c.channels());
    ArrayNode down = json.putArray("down_block_types");
    ArrayNode up = json.putArray("up_block_types");
    for (int i = 0; i < c.channels().size(); i++) {
      down.add("DownEncoderBlock2D");
      up.add("UpDecoderBlock2D");
    }
    json.put("layers_per_block", c.layers());
    json.put("norm_num_groups", c.groups());
    json.put("act_fn", c.activation().configName());
    json.put("mid_block_add_attention", c.middleAttention());
    json.put("use_quant_conv", c.quant());
    json.put("use_post_quant_conv", c.postQuant());
    json.put("scaling_factor", c.scale());
    json.put("shift_factor", c.shift());
    return json;
  }

  private static ObjectNode scheduler(NoiseSchedule schedule, Sampler sampler) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("num_train_timesteps", schedule.steps());
    json.put("prediction_type", schedule.prediction().name().toLowerCase(Locale.ROOT));
    ArrayNode betas = json.putArray("trained_betas");
    for (int t = 0; t < schedule.steps(); t++) {
      betas.add(schedule.beta(t));
    }
    if (sampler instanceof Ddpm ddpm) {
      json.put("_class_name", "DDPMScheduler");
      json.put("variance_type", ddpm.variance().name().toLowerCase(Locale.ROOT));
      steps(json, ddpm.spacing(), ddpm.offset());
      clip(json, ddpm.clip());
    } else if (sampler instanceof DpmSolver solver) {
      json.put("_class_name", "DPMSolverMultistepScheduler");
      json.put("use_karras_sigmas", solver.karras());
      steps(json, solver.spacing(), solver.offset());
    } else {
      Ddim ddim = sampler instanceof Ddim given ? given : Ddim.steps(sampler.steps());
      json.put("_class_name", "DDIMScheduler");
      json.put("set_alpha_to_one", ddim.toOne());
      steps(json, ddim.spacing(), ddim.offset());
      clip(json, ddim.clip());
    }
    return json;
  }

  private static void steps(ObjectNode json, Spacing spacing, int offset) {
    json.put("timestep_spacing", spacing.name().toLowerCase(Locale.ROOT));
    json.put("steps_offset", offset);
  }

  private static void clip(ObjectNode json, double clip) {
    json.put("clip_sample", clip != Sampler.NO_CLIP);
    if (clip != Sampler.NO_CLIP) {
      json.put("clip_sample_range", clip);
    }
  }

  private static void size(ObjectNode json, int height, int width) {
    if (height == width) {
      json.put("sample_size", height);
    } else {
      json.putArray("sample_size").add(height).add(width);
    }
  }

  private static void numbers(ObjectNode json, String field, List<Integer> values) {
    ArrayNode array = json.putArray(field);
    values.forEach(array::add);
  }

  private static void kinds(
      ObjectNode json, String field, String direction, List<Attention> kinds) {
    ArrayNode array = json.putArray(field);
    for (Attention kind : kinds) {
      String prefix =
          switch (kind) {
            case PIXELS -> "Attn";
            case TEXT -> "CrossAttn";
            case NONE, ABSENT -> "";
          };
      array.add(prefix + direction + "Block2D");
    }
  }
}
