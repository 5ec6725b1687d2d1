package org.safety4j.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.text.jinja.Template;

/**
 * Turns a conversation into the text that a chat model was trained on, as the reference
 * implementation does.
 *
 * <p>Templates are programs in the Jinja language that come with a model. This class runs them in
 * an interpreter of its own that knows plain data only: no method of the JVM, no file and no
 * network can be reached. What the messages contain is data and is never run. Size, steps,
 * recursion and output are bounded, so that a hostile template fails within a moment.
 *
 * <pre>{@code
 * ChatTemplate template = ChatTemplate.fromTokenizerConfig(Path.of("my-model/tokenizer_config.json"));
 * String prompt = template.render(List.of(Message.user("Hello")), true);
 * }</pre>
 *
 * <p>Immutable and safe for many threads.
 */
public final class ChatTemplate {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LARGEST_CONFIG = 64L << 20;

  private final String source;
  private final String bosToken;
  private final String eosToken;
  private final Template template;
  private final Clock clock;

  private ChatTemplate(
      String source, String bosToken, String eosToken, Template template, Clock clock) {
    this.source = source;
    this.bosToken = bosToken;
    this.eosToken = eosToken;
    this.template = template;
    this.clock = clock;
  }

  /**
   * A template from its text.
   *
   * @param template the text, at most 262,144 characters
   * @param bosToken what {@code bos_token} stands for; null or empty where the model has none
   * @param eosToken what {@code eos_token} stands for; null or empty where the model has none
   * @return the template
   * @throws InvalidModelFile if the template is too long, malformed or uses what chat templates may
   *     not use; with the line
   */
  public static ChatTemplate of(String template, String bosToken, String eosToken) {
    return named("chat template", template, bosToken, eosToken);
  }

  private static ChatTemplate named(
      String what, String template, String bosToken, String eosToken) {
    return new ChatTemplate(
        template,
        bosToken == null || bosToken.isEmpty() ? null : bosToken,
        eosToken == null || eosToken.isEmpty() ? null : eosToken,
        Template.parse(what, template),
        Clock.systemDefaultZone());
  }

  /**
   * The template of a {@code tokenizer_config.json}, or of the {@code chat_template.jinja} beside
   * it, which wins. Where the file has several templates, the one named {@code default}.
   *
   * @param file the configuration, or the folder that holds it
   * @return the template
   * @throws InvalidModelFile if the file cannot be read, has no template, or its template is
   *     refused
   */
  public static ChatTemplate fromTokenizerConfig(Path file) {
    Path config = Files.isDirectory(file) ? file.resolve("tokenizer_config.json") : file;
    Path beside = config.resolveSibling("chat_template.jinja");
    return fromTokenizerConfig(
        config.toString(), text(config), Files.isRegularFile(beside) ? text(beside) : null);
  }

  /**
   * The template of the content of a {@code tokenizer_config.json}.
   *
   * @param origin what to call it in messages
   * @param config the content
   * @param jinja the content of the {@code chat_template.jinja} beside it, which wins, or null
   * @return the template
   * @throws InvalidModelFile if the content is damaged, has no template, or its template is refused
   */
  public static ChatTemplate fromTokenizerConfig(String origin, String config, String jinja) {
    JsonNode root = json(origin, config);
    String template = jinja == null ? declared(origin, root) : jinja;
    return named(
        "chat template of " + origin,
        template,
        special(root, "bos_token"),
        special(root, "eos_token"));
  }

  private static String declared(String origin, JsonNode root) {
    JsonNode field = root.path("chat_template");
    if (field.isTextual()) {
      return field.textValue();
    }
    if (!field.isArray()) {
      throw new InvalidModelFile(origin + " has no 'chat_template'; pass one as text");
    }
    Map<String, String> templates = new TreeMap<>();
    for (JsonNode entry : field) {
      templates.put(entry.path("name").asText(), entry.path("template").asText());
    }
    String template = templates.get("default");
    if (template == null) {
      throw new InvalidModelFile(
          origin
              + " has no chat template named 'default', only "
              + templates.keySet()
              + "; pass one as text");
    }
    return template;
  }

  private static String special(JsonNode root, String field) {
    JsonNode token = root.path(field);
    return token.isObject() ? token.path("content").asText("") : token.asText("");
  }

  private static JsonNode json(String origin, String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new InvalidModelFile(origin + " is not JSON: " + e.getMessage(), e);
    }
  }

  private static String text(Path file) {
    try {
      if (Files.size(file) > LARGEST_CONFIG) {
        throw new InvalidModelFile(
            file + " has " + Files.size(file) + " bytes, more than " + LARGEST_CONFIG);
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new InvalidModelFile(file + " cannot be read: " + e, e);
    }
  }

  /**
   * The same template, which asks another clock for the date. The default is the system's clock in
   * its time zone; only templates that print the date use it.
   *
   * @param newClock the clock
   * @return the copy
   */
  public ChatTemplate withClock(Clock newClock) {
    return new ChatTemplate(source, bosToken, eosToken, template, newClock);
  }

  /**
   * The template's text.
   *
   * @return the text as it was given
   */
  public String source() {
    return source;
  }

  /**
   * Renders a conversation.
   *
   * @param messages the conversation, oldest first
   * @param addGenerationPrompt whether the text ends where the model's answer starts
   * @return the text; it contains the special tokens, so it is encoded without adding any
   * @throws IllegalArgumentException if the template refuses the messages; with its own words and
   *     the line
   * @throws InvalidModelFile if the template takes too many steps or its output grows too long
   */
  public String render(List<Message> messages, boolean addGenerationPrompt) {
    return render(messages, addGenerationPrompt, Map.of());
  }

  /**
   * Renders a conversation with further variables.
   *
   * @param messages the conversation, oldest first
   * @param addGenerationPrompt whether the text ends where the model's answer starts
   * @param variables what else the template may read, for instance {@code tools} (a list of JSON
   *     schemas as maps) or {@code enable_thinking}; plain data
   * @return the text; it contains the special tokens, so it is encoded without adding any
   * @throws IllegalArgumentException if the template refuses the messages, or a variable is not
   *     plain data
   * @throws InvalidModelFile if the template takes too many steps or its output grows too long
   */
  public String render(
      List<Message> messages, boolean addGenerationPrompt, Map<String, ?> variables) {
    Map<String, Object> all = new LinkedHashMap<>();
    if (bosToken != null) {
      all.put("bos_token", bosToken);
    }
    if (eosToken != null) {
      all.put("eos_token", eosToken);
    }
    all.put("tools", null);
    all.put("documents", null);
    all.putAll(variables);
    all.put("messages", messages.stream().map(Message::variables).toList());
    all.put("add_generation_prompt", addGenerationPrompt);
    return template.render(all, clock);
  }
}
