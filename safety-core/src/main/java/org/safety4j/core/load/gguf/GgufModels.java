package org.safety4j.core.load.gguf;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.Activation;
import org.safety4j.core.nn.ParameterSource;
import org.safety4j.core.nn.lm.Llama;
import org.safety4j.core.nn.lm.LlamaConfig;
import org.safety4j.core.nn.lm.LmIdentity;
import org.safety4j.core.nn.lm.Precision;
import org.safety4j.core.nn.lm.Rope;
import org.safety4j.core.text.ChatTemplate;
import org.safety4j.core.text.Tokenizer;

/**
 * Builds language models from GGUF files. Architectures: {@code llama} (Llama, SmolLM2, Mistral),
 * {@code qwen2}, {@code smollm3}.
 */
public final class GgufModels {
  private static final Map<String, String> ARCHITECTURES =
      Map.of(
          "llama",
          "LlamaForCausalLM",
          "qwen2",
          "Qwen2ForCausalLM",
          "smollm3",
          "SmolLM3ForCausalLM");

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("input_layernorm", "attn_norm"),
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("post_attention_layernorm", "ffn_norm"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"));

  private static final Pattern BLOCK =
      Pattern.compile("model\\.layers\\.(\\d+)\\.(.+)\\.(weight|bias)");
  private static final String EMBEDDINGS = "token_embd.weight";
  private static final String OUTPUT = "output.weight";
  private static final String ROPE_FACTORS = "rope_freqs.weight";

  private final GgufFile file;
  private final GgufMetadata values;
  private final String architecture;
  private final LlamaConfig config;

  private GgufModels(GgufFile file) {
    this.file = file;
    this.values = file.values();
    this.architecture = values.string("general.architecture");
    if (!ARCHITECTURES.containsKey(architecture)) {
      throw new UnsupportedModel(
          file.origin()
              + ": architecture \""
              + architecture
              + "\" is not supported in GGUF files; supported are "
              + String.join(", ", new TreeSet<>(ARCHITECTURES.keySet())));
    }
    this.config = config();
  }

  /**
   * Builds a language model.
   *
   * @param file an open file; it may be closed afterwards
   * @param precision how the weights are held
   * @return the model, to be closed by the caller; a {@link CausalLm.White} in full precision
   * @throws InvalidModelFile if metadata or a tensor are missing or do not fit
   * @throws UnsupportedModel if the architecture or tokenizer is not supported; the message names
   *     it
   */
  public static CausalLm.Gray causalLm(GgufFile file, Precision precision) {
    return causalLm(file, precision, UnaryOperator.identity());
  }

  /**
   * Builds a language model from changed parameters.
   *
   * @param file an open file; it may be closed afterwards
   * @param precision how the weights are held
   * @param change changes the parameters, which have the names that Hugging Face gives them
   * @return the model, to be closed by the caller; a {@link CausalLm.White} in full precision
   * @throws InvalidModelFile if metadata or a tensor are missing or do not fit
   * @throws UnsupportedModel if the architecture or tokenizer is not supported; the message names
   *     it
   */
  public static CausalLm.Gray causalLm(
      GgufFile file, Precision precision, UnaryOperator<ParameterSource> change) {
    return new GgufModels(file).build(precision, change);
  }

  private CausalLm.Gray build(Precision precision, UnaryOperator<ParameterSource> change) {
    LmIdentity identity = identity();
    String name = ARCHITECTURES.get(architecture);
    try {
      ParameterSource source = change.apply(new Stored());
      return precision == Precision.FULL
          ? Llama.of(config, source, name, identity)
          : Llama.fast(config, source, name, identity);
    } catch (RuntimeException e) {
      identity.tokenizer().close();
      throw e;
    }
  }

  private LmIdentity identity() {
    Optional<ChatTemplate> template =
        values.has("tokenizer.chat_template")
            ? Optional.of(GgufTokenizers.chatTemplate(file))
            : Optional.empty();
    Tokenizer tokenizer = GgufTokenizers.tokenizer(file);
    if (tokenizer.size() > config.vocabulary()) {
      tokenizer.close();
      throw new InvalidModelFile(
          file.origin()
              + ": the tokenizer has "
              + tokenizer.size()
              + " tokens, the embeddings "
              + config.vocabulary()
              + "; it is the tokenizer of another model");
    }
    Set<Integer> endTokens = new TreeSet<>();
    tokenizer.special().end().ifPresent(endTokens::add);
    for (String key : List.of("eot", "eom")) {
      String full = "tokenizer.ggml." + key + "_token_id";
      if (values.has(full)) {
        endTokens.add(values.integer(full));
      }
    }
    String name = values.string("general.name", "gguf");
    String licence = values.string("general.license", "");
    return new LmIdentity(
        new ModelCard(name, "", 0, file.origin(), licence), tokenizer, template, endTokens);
  }

  private String key(String name) {
    return architecture + "." + name;
  }

  private LlamaConfig config() {
    int blocks = values.size(key("block_count"));
    if (blocks > LlamaConfig.MAX_BLOCKS) {
      throw new InvalidModelFile(
          file.origin()
              + ": "
              + key("block_count")
              + " must be at most "
              + LlamaConfig.MAX_BLOCKS
              + ", was "
              + blocks);
    }
    int width = values.size(key("embedding_length"));
    int heads = values.size(key("attention.head_count"));
    int keyHeads = values.integer(key("attention.head_count_kv"), heads);
    int headWidth = values.integer(key("attention.key_length"), width / heads);
    int rotated = values.integer(key("rope.dimension_count"), headWidth);
    if (rotated != headWidth) {
      throw new UnsupportedModel(
          file.origin()
              + ": rotary positions over "
              + rotated
              + " of "
              + headWidth
              + " are not supported");
    }
    int context = values.size(key("context_length"));
    Shape table = file.tensor(EMBEDDINGS).shape();
    boolean smol = architecture.equals("smollm3");
    List<Boolean> rotating = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      rotating.add(!smol || (i + 1) % 4 != 0);
    }
    int window =
        architecture.equals("llama") ? values.integer(key("attention.sliding_window"), 0) : 0;
    try {
      return new LlamaConfig(
          Math.toIntExact(table.get(0)),
          width,
          blocks,
          heads,
          keyHeads,
          headWidth,
          values.size(key("feed_forward_length")),
          context,
          values.number(key("attention.layer_norm_rms_epsilon")),
          Activation.SILU,
          rope(context, headWidth),
          !file.has(OUTPUT),
          file.has("blk.0.attn_q.bias"),
          file.has("blk.0.attn_output.bias"),
          file.has("blk.0.ffn_gate.bias"),
          rotating,
          Collections.nCopies(blocks, window));
    } catch (IllegalArgumentException e) {
      throw new InvalidModelFile(file.origin() + ": " + e.getMessage(), e);
    }
  }

  private Rope rope(int context, int headWidth) {
    double theta = values.number(key("rope.freq_base"), 10_000);
    String scaling = values.string(key("rope.scaling.type"), "none");
    double factor = values.number(key("rope.scaling.factor"), 1);
    Rope rope =
        switch (scaling) {
          case "none" -> Rope.plain(theta);
          case "linear" -> new Rope(theta, Rope.Scaling.LINEAR, factor, 1, 1, context, List.of());
          default ->
              throw new UnsupportedModel(
                  file.origin()
                      + ": rope scaling \""
                      + scaling
                      + "\" is not supported; supported are none, linear");
        };
    if (!file.has(ROPE_FACTORS)) {
      return rope;
    }
    if (file.tensor(ROPE_FACTORS).shape().size() != headWidth / 2) {
      throw new InvalidModelFile(
          file.origin()
              + ": tensor \""
              + ROPE_FACTORS
              + "\" must have "
              + headWidth / 2
              + " numbers");
    }
    java.nio.FloatBuffer factors = java.nio.FloatBuffer.allocate(headWidth / 2);
    file.dequantise(ROPE_FACTORS, factors);
    List<Double> divisors = new ArrayList<>();
    for (float each : factors.array()) {
      divisors.add((double) each);
    }
    return rope.withDivisors(divisors);
  }

  /** The file's tensors under the names of Hugging Face, in the order of rows that it has. */
  private final class Stored implements ParameterSource {
    @Override
    public NDArray take(String name, NDManager manager, long... shape) {
      long[] rest = Arrays.copyOfRange(shape, 1, shape.length);
      return takeJoined(Map.of(name, Math.toIntExact(shape[0])), manager, rest);
    }

    @Override
    public NDArray takeJoined(Map<String, Integer> rows, NDManager manager, long... rest) {
      Shape others = new Shape(rest);
      rows.forEach(
          (name, n) -> file.requireShape(stored(name), new Shape(n).addAll(others).getShape()));
      long all = rows.values().stream().mapToLong(Integer::longValue).sum();
      NDArray array = manager.create(new Shape(all).addAll(others), DataType.FLOAT32);
      try {
        long from = 0;
        for (Map.Entry<String, Integer> each : rows.entrySet()) {
          long to = from + each.getValue();
          try (NDArray part = array.get(from + ":" + to)) {
            file.read(stored(each.getKey()), part, place(each.getKey()));
            file.requireFinite(stored(each.getKey()), part);
          }
          from = to;
        }
        return array;
      } catch (RuntimeException e) {
        array.close();
        throw e;
      }
    }

    private String stored(String name) {
      Matcher block = BLOCK.matcher(name);
      return block.matches()
          ? "blk." + block.group(1) + "." + NAMES.get(block.group(2)) + "." + block.group(3)
          : switch (name) {
            case "model.embed_tokens.weight" -> EMBEDDINGS;
            case "model.norm.weight" -> "output_norm.weight";
            case "lm_head.weight" -> OUTPUT;
            default -> throw new IllegalStateException("unknown parameter " + name);
          };
    }

    private IntUnaryOperator place(String name) {
      boolean turned = name.contains(".q_proj.") || name.contains(".k_proj.");
      return turned && !architecture.equals("qwen2")
          ? GgufModels.this::inHalves
          : IntUnaryOperator.identity();
    }
  }

  /**
   * The place of a row of queries or keys where the halves of a head turn together: these
   * architectures are stored with the two numbers that turn together beside one another.
   */
  private int inHalves(int row) {
    int within = row % config.headWidth();
    int half = within % 2 * (config.headWidth() / 2);
    return row - within + half + within / 2;
  }
}
