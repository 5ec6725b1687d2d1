package org.safety4j.core.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.Require;

/**
 * Tokenizers of Hugging Face's format ({@code tokenizer.json}), run by the original implementation
 * through DJL, offline. Truncation and padding, which DJL turns on by default, are off.
 */
public final class HuggingFaceTokenizers {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LARGEST = 256L << 20;
  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");

  private HuggingFaceTokenizers() {}

  /**
   * Opens the tokenizer of a model's folder: {@code tokenizer.json}, and the roles of special
   * tokens from {@code tokenizer_config.json} and {@code special_tokens_map.json} where they are
   * there.
   *
   * @param folder the folder, or the {@code tokenizer.json} itself
   * @return the tokenizer, to be closed by the caller
   * @throws InvalidModelFile if a file is missing, damaged or larger than 256 MiB
   */
  public static Tokenizer open(Path folder) {
    Path file = Files.isDirectory(folder) ? folder.resolve("tokenizer.json") : folder;
    return of(
        file.toString(),
        read(file),
        optional(file.resolveSibling("tokenizer_config.json")),
        optional(file.resolveSibling("special_tokens_map.json")));
  }

  private static byte[] optional(Path file) {
    return Files.isRegularFile(file) ? read(file) : null;
  }

  /**
   * Makes a tokenizer from the content of its files.
   *
   * @param origin what to call it in messages
   * @param tokenizerJson the text of {@code tokenizer.json}, UTF-8
   * @param roles texts of files that name special tokens ({@code tokenizer_config.json}, {@code
   *     special_tokens_map.json}), those that win first; null where there is none
   * @return the tokenizer, to be closed by the caller
   * @throws InvalidModelFile if a text is damaged
   */
  public static Tokenizer of(String origin, byte[] tokenizerJson, byte[]... roles) {
    Vocabulary vocabulary = Vocabulary.read(origin, tokenizerJson);
    List<JsonNode> sources = new ArrayList<>();
    for (byte[] text : roles) {
      if (text != null) {
        sources.add(json(origin, text));
      }
    }
    SpecialTokens special =
        new SpecialTokens(
            role(vocabulary, "bos_token", sources),
            role(vocabulary, "eos_token", sources),
            role(vocabulary, "pad_token", sources),
            role(vocabulary, "unk_token", sources));
    return new Native(origin, tokenizerJson, vocabulary, special);
  }

  /**
   * Makes a tokenizer from the text of a {@code tokenizer.json}.
   *
   * @param origin what to call it in messages
   * @param tokenizerJson the text, UTF-8
   * @param special which tokens play which role
   * @return the tokenizer, to be closed by the caller
   * @throws InvalidModelFile if it is damaged
   */
  public static Tokenizer of(String origin, byte[] tokenizerJson, SpecialTokens special) {
    return new Native(origin, tokenizerJson, Vocabulary.read(origin, tokenizerJson), special);
  }

  /**
   * Returns the text that a tokenizer was made from, so that it can be stored again.
   *
   * @param tokenizer a tokenizer that this class made
   * @return its {@code tokenizer.json}, UTF-8
   * @throws IllegalArgumentException if another class made it
   */
  public static byte[] json(Tokenizer tokenizer) {
    if (tokenizer instanceof Native made) {
      return made.json.clone();
    }
    throw new IllegalArgumentException(
        "only tokenizers of Hugging Face's format have a tokenizer.json, this is a "
            + tokenizer.getClass().getSimpleName());
  }

  /**
   * Adds a special token behind all others.
   *
   * @param tokenizer a tokenizer that this class made; stays the caller's
   * @param token the token's spelling, not yet in the vocabulary
   * @return a tokenizer with one token more, to be closed by the caller
   * @throws IllegalArgumentException if another class made the tokenizer, or it has the token
   */
  public static Tokenizer withSpecial(Tokenizer tokenizer, String token) {
    Require.that(
        tokenizer.id(token).isEmpty(), "token must be new, the tokenizer has \"" + token + "\"");
    byte[] json = json(tokenizer);
    ObjectNode content = (ObjectNode) json("tokenizer.json", json);
    ObjectNode added = content.withArray("/added_tokens").addObject();
    added.put("id", tokenizer.size());
    added.put("content", token);
    for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
      added.put(flag, false);
    }
    added.put("special", true);
    try {
      return of(((Native) tokenizer).origin, JSON.writeValueAsBytes(content), tokenizer.special());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the tokenizer cannot be encoded", e);
    }
  }

  private static byte[] read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new InvalidModelFile(file + ": no such file");
      }
      if (Files.size(file) > LARGEST) {
        throw new InvalidModelFile(
            file + " has " + Files.size(file) + " bytes, more than the " + LARGEST + " allowed");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new InvalidModelFile(file + " cannot be read: " + e, e);
    }
  }

  private static JsonNode json(String origin, byte[] text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new InvalidModelFile(
          origin + ": the roles of special tokens are not valid JSON: " + e.getMessage(), e);
    }
  }

  private static OptionalInt role(Vocabulary vocabulary, String field, List<JsonNode> sources) {
    for (JsonNode source : sources) {
      JsonNode value = source.path(field);
      String token = value.isObject() ? value.path("content").textValue() : value.textValue();
      Integer id = token == null ? null : vocabulary.id(token);
      if (id != null) {
        return OptionalInt.of(id);
      }
    }
    return OptionalInt.empty();
  }

  private static HuggingFaceTokenizer load(String origin, byte[] json) {
    // No network unless the caller asks: DJL would send telemetry when its natives are loaded.
    if (System.getProperty("ai.djl.offline") == null && System.getenv("DJL_OFFLINE") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), OPTIONS);
    } catch (IOException | RuntimeException e) {
      throw new InvalidModelFile(
          origin + ": the tokenizer is damaged or not supported: " + e.getMessage(), e);
    }
  }

  private static final class Native implements Tokenizer {
    private final String origin;
    private final byte[] json;
    private final Vocabulary vocabulary;
    private final SpecialTokens special;
    private final HuggingFaceTokenizer inner;
    private HuggingFaceTokenizer plain;
    private boolean closed;

    Native(String origin, byte[] json, Vocabulary vocabulary, SpecialTokens special) {
      this.origin = origin;
      this.json = json;
      this.vocabulary = vocabulary;
      this.special = special;
      this.inner = load(origin, json);
    }

    private static String checked(String text) {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)
            && i + 1 < text.length()
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          i++;
        } else if (Character.isSurrogate(c)) {
          throw new IllegalArgumentException(
              "text to encode has half of a surrogate pair at index " + i);
        }
      }
      return text;
    }

    private static int[] ids(Encoding encoding) {
      long[] ids = encoding.getIds();
      int[] out = new int[ids.length];
      for (int i = 0; i < ids.length; i++) {
        out[i] = (int) ids[i];
      }
      return out;
    }

    private synchronized HuggingFaceTokenizer plain() {
      if (closed) {
        throw new IllegalStateException("the tokenizer is closed");
      }
      if (plain == null) {
        plain = load(origin, Vocabulary.withoutAddedTokens(origin, json));
      }
      return plain;
    }

    @Override
    public int[] encode(String text) {
      return ids(inner.encode(checked(text), false, false));
    }

    @Override
    public int[] encodeFull(String text) {
      return ids(inner.encode(checked(text), true, false));
    }

    @Override
    public int[] encodePlain(String text) {
      return ids(plain().encode(checked(text), false, false));
    }

    @Override
    public Tokens tokenize(String text) {
      Encoding encoding = inner.encode(checked(text), false, false);
      CharSpan[] spans = encoding.getCharTokenSpans();
      int[] starts = new int[spans.length];
      int[] ends = new int[spans.length];
      int[] units = units(text);
      for (int i = 0; i < spans.length; i++) {
        starts[i] = spans[i] == null ? (i == 0 ? 0 : ends[i - 1]) : units[spans[i].getStart()];
        ends[i] = spans[i] == null ? starts[i] : units[spans[i].getEnd()];
      }
      return new Tokens(text, ids(encoding), starts, ends);
    }

    /** Index in UTF-16 units by index in code points, which is how the native code counts. */
    private static int[] units(String text) {
      int[] units = new int[text.codePointCount(0, text.length()) + 1];
      for (int i = 1; i < units.length; i++) {
        units[i] = units[i - 1] + Character.charCount(text.codePointAt(units[i - 1]));
      }
      return units;
    }

    @Override
    public List<int[]> encodeAll(List<String> texts) {
      List<int[]> all = new ArrayList<>(texts.size());
      if (!texts.isEmpty()) {
        texts.forEach(Native::checked);
        for (Encoding encoding : inner.batchEncode(texts, false, false)) {
          all.add(ids(encoding));
        }
      }
      return all;
    }

    private long[] checked(int[] ids) {
      long[] wide = new long[ids.length];
      for (int i = 0; i < ids.length; i++) {
        vocabulary.check(ids[i]);
        wide[i] = ids[i];
      }
      return wide;
    }

    @Override
    public String decode(int... ids) {
      return ids.length == 0 ? "" : inner.decode(checked(ids), false);
    }

    @Override
    public String decodePlain(int... ids) {
      return ids.length == 0 ? "" : inner.decode(checked(ids), true);
    }

    @Override
    public List<String> decodeAll(List<int[]> rows) {
      if (rows.isEmpty()) {
        return List.of();
      }
      return List.of(
          inner.batchDecode(rows.stream().map(this::checked).toArray(long[][]::new), false));
    }

    @Override
    public int size() {
      return vocabulary.size();
    }

    @Override
    public String token(int id) {
      return vocabulary.token(id);
    }

    @Override
    public OptionalInt id(String token) {
      Integer id = vocabulary.id(token);
      return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public boolean isSpecial(int id) {
      return vocabulary.isSpecial(id);
    }

    @Override
    public SpecialTokens special() {
      return special;
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        inner.close();
        if (plain != null) {
          plain.close();
        }
      }
    }
  }
}
