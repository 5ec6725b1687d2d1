package org.safety4j.core.load;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.diffusion.BetaSchedule;
import org.safety4j.core.model.diffusion.Ddim;
import org.safety4j.core.model.diffusion.Ddpm;
import org.safety4j.core.model.diffusion.DpmSolver;
import org.safety4j.core.model.diffusion.NoiseSchedule;
import org.safety4j.core.model.diffusion.Prediction;
import org.safety4j.core.model.diffusion.Sampler;
import org.safety4j.core.model.diffusion.Spacing;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.diffusion.AutoencoderConfig;
import org.safety4j.core.nn.diffusion.UNetConfig;
import org.safety4j.core.nn.diffusion.UNetConfig.Attention;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the configurations of diffusers, and names what is not supported. */
final class DiffusersConfigs {
  private static final Logger LOG = LoggerFactory.getLogger(DiffusersConfigs.class);
  private static final int DEFAULT_STEPS = 50;

  private DiffusersConfigs() {}

  static UNetConfig unet(HfConfig json) {
    return switch (json.string("_class_name")) {
      case "UNet2DModel" -> plain(json);
      case "UNet2DConditionModel" -> conditional(json);
      default -> throw json.invalid("_class_name", "UNet2DModel or UNet2DConditionModel");
    };
  }

  private static UNetConfig plain(HfConfig json) {
    only(json, "time_embedding_type", "positional");
    only(json, "downsample_type", "conv");
    only(json, "upsample_type", "conv");
    absent(json, "class_embed_type", "num_class_embeds", "attn_norm_num_groups");
    absent(json, "time_embedding_dim");
    List<Integer> channels = json.integers("block_out_channels");
    List<Integer> heads = new ArrayList<>();
    for (int c : channels) {
      int perHead = json.has("attention_head_dim") ? json.size("attention_head_dim") : c;
      heads.add(Math.max(1, c / perHead));
    }
    Attention middle = Attention.ABSENT;
    if (json.has("mid_block_type") || !json.fields().contains("mid_block_type")) {
      only(json, "mid_block_type", "UNetMidBlock2D");
      middle = json.flag("add_attention", true) ? Attention.PIXELS : Attention.NONE;
    }
    return build(json, channels, heads, middle, 0);
  }

  private static UNetConfig conditional(HfConfig json) {
    only(json, "time_embedding_type", "positional");
    only(json, "resnet_skip_time_act", false);
    only(json, "dual_cross_attention", false);
    only(json, "only_cross_attention", false);
    only(json, "class_embeddings_concat", false);
    only(json, "attention_type", "default");
    absent(
        json,
        "class_embed_type",
        "num_class_embeds",
        "addition_embed_type",
        "encoder_hid_dim",
        "encoder_hid_dim_type",
        "time_cond_proj_dim",
        "time_embedding_act_fn",
        "timestep_post_act",
        "cross_attention_norm",
        "time_embedding_dim",
        "reverse_transformer_layers_per_block",
        "mid_block_only_cross_attention");
    if (json.number("resnet_out_scale_factor", 1) != 1) {
      throw json.invalid("resnet_out_scale_factor", "1");
    }
    List<Integer> channels = json.integers("block_out_channels");
    String field = json.has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim";
    List<Integer> heads = perLevel(json, field, 8, channels.size());
    Attention middle = Attention.ABSENT;
    if (json.has("mid_block_type") || !json.fields().contains("mid_block_type")) {
      middle =
          switch (json.string("mid_block_type", "UNetMidBlock2DCrossAttn")) {
            case "UNetMidBlock2DCrossAttn" -> Attention.TEXT;
            case "UNetMidBlock2D" -> Attention.NONE;
            default -> throw unsupported(json, "mid_block_type");
          };
    }
    return build(json, channels, heads, middle, json.size("cross_attention_dim", 1280));
  }

  private static UNetConfig build(
      HfConfig json, List<Integer> channels, List<Integer> heads, Attention middle, int textWidth) {
    int levels = channels.size();
    List<Attention> down = kinds(json, "down_block_types", "Down");
    List<Attention> up = kinds(json, "up_block_types", "Up");
    boolean text =
        middle == Attention.TEXT || down.contains(Attention.TEXT) || up.contains(Attention.TEXT);
    int[] size = size(json);
    try {
      return new UNetConfig(
          size[0],
          size[1],
          json.size("in_channels", textWidth > 0 ? 4 : 3),
          json.size("out_channels", textWidth > 0 ? 4 : 3),
          channels,
          perLevel(json, "layers_per_block", 2, levels),
          down,
          middle,
          up,
          heads,
          perLevel(json, "transformer_layers_per_block", 1, levels),
          text ? textWidth : 0,
          json.flag("use_linear_projection", false),
          json.size("norm_num_groups", 32),
          json.number("norm_eps", 1e-5),
          Activation.of(json.string("act_fn", "silu")),
          scaleShift(json),
          json.number("mid_block_scale_factor", 1),
          json.integer("downsample_padding", 1),
          json.flag("flip_sin_to_cos", true),
          json.number("freq_shift", 0),
          json.flag("center_input_sample", false),
          json.size("conv_in_kernel", 3),
          json.size("conv_out_kernel", 3));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(json.origin() + ": " + e.getMessage(), e);
    }
  }

  private static boolean scaleShift(HfConfig json) {
    return switch (json.string("resnet_time_scale_shift", "default")) {
      case "default" -> false;
      case "scale_shift" -> true;
      default -> throw unsupported(json, "resnet_time_scale_shift");
    };
  }

  private static int[] size(HfConfig json) {
    if (json.isArray("sample_size")) {
      List<Integer> sides = json.integers("sample_size");
      if (sides.size() != 2) {
        throw json.invalid("sample_size", "an integer or two");
      }
      return new int[] {sides.get(0), sides.get(1)};
    }
    int side = json.size("sample_size", 64);
    return new int[] {side, side};
  }

  private static List<Integer> perLevel(HfConfig json, String field, int fallback, int levels) {
    return json.isArray(field)
        ? json.integers(field)
        : Collections.nCopies(levels, json.size(field, fallback));
  }

  private static List<Attention> kinds(HfConfig json, String field, String direction) {
    List<Attention> kinds = new ArrayList<>();
    for (String type : json.strings(field)) {
      if (type.equals(direction + "Block2D")) {
        kinds.add(Attention.NONE);
      } else if (type.equals("Attn" + direction + "Block2D")) {
        kinds.add(Attention.PIXELS);
      } else if (type.equals("CrossAttn" + direction + "Block2D")) {
        kinds.add(Attention.TEXT);
      } else {
        throw new UnsupportedModel(
            json.origin()
                + ": block type \""
                + type
                + "\" in \""
                + field
                + "\" is not supported; supported are "
                + direction
                + "Block2D, Attn"
                + direction
                + "Block2D and CrossAttn"
                + direction
                + "Block2D");
      }
    }
    return kinds;
  }

  static AutoencoderConfig autoencoder(HfConfig json) {
    only(json, "_class_name", "AutoencoderKL");
    absent(json, "latents_mean", "latents_std");
    List<Integer> channels = json.integers("block_out_channels");
    blocks(json, "down_block_types", "DownEncoderBlock2D");
    blocks(json, "up_block_types", "UpDecoderBlock2D");
    int inChannels = json.size("in_channels", 3);
    if (json.size("out_channels", inChannels) != inChannels) {
      throw json.invalid("out_channels", "equal to in_channels");
    }
    int[] size = size(json);
    try {
      return new AutoencoderConfig(
          size[0],
          size[1],
          inChannels,
          json.size("latent_channels", 4),
          channels,
          json.size("layers_per_block", 1),
          json.size("norm_num_groups", 32),
          Activation.of(json.string("act_fn", "silu")),
          json.flag("mid_block_add_attention", true),
          json.flag("use_quant_conv", true),
          json.flag("use_post_quant_conv", true),
          json.number("scaling_factor", 0.18215),
          json.number("shift_factor", 0));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(json.origin() + ": " + e.getMessage(), e);
    }
  }

  private static void blocks(HfConfig json, String field, String supported) {
    List<String> types = json.strings(field);
    for (String type : types) {
      if (!type.equals(supported)) {
        throw new UnsupportedModel(
            json.origin()
                + ": block type \""
                + type
                + "\" in \""
                + field
                + "\" is not supported; supported is "
                + supported);
      }
    }
    if (types.size() != json.integers("block_out_channels").size()) {
      throw json.invalid(field, "one a level of block_out_channels");
    }
  }

  static NoiseSchedule schedule(HfConfig json) {
    try {
      NoiseSchedule schedule = json.has("trained_betas") ? trained(json) : formed(json);
      if (json.flag("rescale_betas_zero_snr", false)) {
        schedule = schedule.withZeroTerminalSnr();
      }
      return schedule.withPrediction(
          switch (json.string("prediction_type", "epsilon")) {
            case "epsilon" -> Prediction.EPSILON;
            case "v_prediction" -> Prediction.V_PREDICTION;
            case "sample" -> Prediction.SAMPLE;
            default -> throw unsupported(json, "prediction_type");
          });
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(json.origin() + ": " + e.getMessage(), e);
    }
  }

  private static NoiseSchedule trained(HfConfig json) {
    List<Double> values = json.numbers("trained_betas");
    float[] betas = new float[values.size()];
    for (int i = 0; i < betas.length; i++) {
      betas[i] = values.get(i).floatValue();
    }
    return NoiseSchedule.ofBetas(betas);
  }

  private static NoiseSchedule formed(HfConfig json) {
    BetaSchedule betas =
        switch (json.string("beta_schedule", "linear")) {
          case "linear" -> BetaSchedule.LINEAR;
          case "scaled_linear" -> BetaSchedule.SCALED_LINEAR;
          case "squaredcos_cap_v2" -> BetaSchedule.SQUAREDCOS_CAP_V2;
          default -> throw unsupported(json, "beta_schedule");
        };
    return NoiseSchedule.of(
        betas,
        json.size("num_train_timesteps", 1000),
        json.number("beta_start", 0.0001),
        json.number("beta_end", 0.02));
  }

  /**
   * The sampler that a folder names, with 50 steps; DDIM, and a line in the log, where it names one
   * that is not supported, since any sampler of the same schedule samples the same model. Options
   * of a supported one that would change its samples are refused.
   */
  static Sampler sampler(HfConfig json, NoiseSchedule schedule) {
    only(json, "thresholding", false);
    int steps = Math.min(DEFAULT_STEPS, schedule.steps() - 1);
    int offset = json.integer("steps_offset", 0);
    return switch (json.string("_class_name")) {
      case "DDPMScheduler" ->
          new Ddpm(steps, variance(json), spacing(json, Spacing.LEADING), offset, clip(json, true));
      case "DDIMScheduler" ->
          new Ddim(
              steps,
              0,
              spacing(json, Spacing.LEADING),
              offset,
              json.flag("set_alpha_to_one", true),
              clip(json, true));
      case "DPMSolverMultistepScheduler" -> {
        secondOrder(json);
        yield new DpmSolver(
            Math.min(20, steps),
            json.flag("use_karras_sigmas", false),
            spacing(json, Spacing.LINSPACE),
            offset);
      }
      default -> {
        LOG.warn(
            "{}: scheduler {} is not implemented; DDIM samples in its place",
            json.origin(),
            json.string("_class_name"));
        yield new Ddim(
            steps,
            0,
            Spacing.LEADING,
            offset,
            json.flag("set_alpha_to_one", false),
            clip(json, false));
      }
    };
  }

  private static double clip(HfConfig json, boolean clips) {
    return json.flag("clip_sample", clips) ? json.number("clip_sample_range", 1) : Sampler.NO_CLIP;
  }

  /** DPM-Solver++(2M) down to no noise, at the steps of its spacing or of Karras et al. */
  private static void secondOrder(HfConfig json) {
    only(json, "algorithm_type", "dpmsolver++");
    only(json, "final_sigmas_type", "zero");
    for (String levels :
        List.of("use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas", "use_flow_sigmas")) {
      only(json, levels, false);
    }
    if (json.integer("solver_order", 2) != 2) {
      throw unsupported(json, "solver_order");
    }
    // The reference takes the names of other solvers' variants for its midpoint.
    if (json.string("solver_type", "midpoint").equals("heun")) {
      throw unsupported(json, "solver_type");
    }
    if (json.bound("lambda_min_clipped", Double.NEGATIVE_INFINITY) != Double.NEGATIVE_INFINITY) {
      throw unsupported(json, "lambda_min_clipped");
    }
    if (List.of("learned", "learned_range").contains(json.string("variance_type", "fixed"))) {
      throw unsupported(json, "variance_type");
    }
  }

  private static Ddpm.Variance variance(HfConfig json) {
    return switch (json.string("variance_type", "fixed_small")) {
      case "fixed_small", "fixed_small_log" -> Ddpm.Variance.FIXED_SMALL;
      case "fixed_large" -> Ddpm.Variance.FIXED_LARGE;
      default -> throw unsupported(json, "variance_type");
    };
  }

  private static Spacing spacing(HfConfig json, Spacing fallback) {
    String name = json.string("timestep_spacing", fallback.name().toLowerCase(Locale.ROOT));
    return switch (name) {
      case "leading" -> Spacing.LEADING;
      case "linspace" -> Spacing.LINSPACE;
      case "trailing" -> Spacing.TRAILING;
      default -> throw unsupported(json, "timestep_spacing");
    };
  }

  private static void only(HfConfig json, String field, String value) {
    if (json.has(field) && !json.string(field).equals(value)) {
      throw unsupported(json, field);
    }
  }

  private static void only(HfConfig json, String field, boolean value) {
    if (json.has(field) && json.flag(field) != value) {
      throw unsupported(json, field);
    }
  }

  private static void absent(HfConfig json, String... fields) {
    for (String field : fields) {
      if (json.has(field)) {
        throw new UnsupportedModel(
            json.origin() + ": \"" + field + "\" is set, which is not supported");
      }
    }
  }

  private static UnsupportedModel unsupported(HfConfig json, String field) {
    return new UnsupportedModel(
        json.origin() + ": \"" + field + "\" is " + json.shown(field) + ", which is not supported");
  }
}
