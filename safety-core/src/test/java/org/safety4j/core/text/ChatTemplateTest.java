package org.safety4j.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.text.jinja.Template;

class ChatTemplateTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHATML =
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif"
          + " %}";

  static List<JsonNode> rows(String resource) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                ChatTemplateTest.class.getResourceAsStream(resource), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        rows.add(JSON.readTree(line));
      }
    }
    return rows;
  }

  static Stream<JsonNode> chats() throws IOException {
    return rows("chat_templates.jsonl").stream();
  }

  private static Object plain(JsonNode node) {
    return JSON.convertValue(node, Object.class);
  }

  private static Message message(JsonNode node) {
    Map<String, Object> extra = new LinkedHashMap<>();
    List<Part> parts = new ArrayList<>();
    String content = node.path("content").textValue();
    node.properties()
        .forEach(
            e -> {
              if (!e.getKey().equals("role") && !e.getKey().equals("content")) {
                extra.put(e.getKey(), plain(e.getValue()));
              }
            });
    for (JsonNode part : node.path("content")) {
      Map<String, Object> fields = new LinkedHashMap<>();
      part.properties().forEach(e -> fields.put(e.getKey(), plain(e.getValue())));
      parts.add(new Part((String) fields.remove("type"), fields));
    }
    return new Message(node.get("role").asText(), content, parts, extra);
  }

  @ParameterizedTest
  @MethodSource("chats")
  void rendersAsTheReferenceDoes(JsonNode row) {
    List<Message> messages = new ArrayList<>();
    row.get("messages").forEach(m -> messages.add(message(m)));
    Map<String, Object> variables = new HashMap<>();
    variables.put("tools", plain(row.get("tools")));
    ChatTemplate template =
        ChatTemplate.of(
            row.get("source").asText(),
            row.get("bos_token").asText(),
            row.get("eos_token").asText());
    boolean prompt = row.get("add_generation_prompt").asBoolean();
    if (row.has("error")) {
      assertThatThrownBy(() -> template.render(messages, prompt, variables))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("line 1");
    } else {
      assertThat(template.render(messages, prompt, variables))
          .isEqualTo(row.get("rendered").asText());
    }
  }

  @Test
  void everySmallTemplateRendersOrFailsAsTheReferenceDoes() throws IOException {
    List<JsonNode> rows = rows("jinja_cases.jsonl");
    Map<String, Object> variables = new LinkedHashMap<>();
    rows.get(0)
        .get("variables")
        .properties()
        .forEach(e -> variables.put(e.getKey(), plain(e.getValue())));
    List<String> off = new ArrayList<>();
    for (JsonNode row : rows) {
      String source = row.get("source").asText();
      String expected = row.has("error") ? "error" : row.get("rendered").asText();
      String actual;
      try {
        actual = Template.parse("template", source).render(variables, Clock.systemUTC());
      } catch (IllegalArgumentException | InvalidModelFile e) {
        assertThat(e).hasMessageContaining("line ");
        actual = row.has("error") ? "error" : e.getMessage();
      }
      if (!actual.equals(expected)) {
        off.add(source + "\n   expected " + expected + "\n   actual   " + actual);
      }
    }
    assertThat(off).isEmpty();
    assertThat(rows).hasSizeGreaterThan(120);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ 1 + 1 }}",
        "{% for x in range(9) %}a{% endfor %}",
        "{{ raise_exception('x') }}",
        "{{ messages }}",
        "}}{% endfor %}{{ bos_token }}",
        "{# gone #}",
        "{% raw %}{{ x }}{% endraw %}",
        "${7*7} #{7*7} <%= 7*7 %>",
        "{{ ''.__class__.__mro__ }}"
      })
  void textOfMessagesIsNeverRun(String hostile) {
    ChatTemplate template = ChatTemplate.of(CHATML, "<s>", "</s>");
    List<Message> chat = List.of(Message.user(hostile), new Message(hostile, "x"));
    assertThat(template.render(chat, true))
        .isEqualTo("<user>" + hostile + "<" + hostile + ">x<assistant>");
    ChatTemplate filtered =
        ChatTemplate.of(
            "{% set a %}{{ messages[0].content }}{% endset %}{{ a | string | trim }}{{ [a] | join }}{{ '%s' | format(a)"
                + " }}{{ '{}'.format(a) }}",
            null, null);
    assertThat(filtered.render(chat, false)).isEqualTo(hostile + hostile + hostile + hostile);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        "{% macro f(x) %}{% for i in range(9) %}{{ f(x) }}{% endfor %}{% endmacro %}{{ f(1) }}",
        "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s.replace('a', ns.s) %}{%"
            + " endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l |"
            + " tojson }}",
        "{% set ns = namespace(l=[1], k=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.k ="
            + " [ns.k, ns.k] %}{% endfor %}{{ ns.l == ns.k }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
        "{{ 'a' * 999999999999 }}",
        "{{ [1] * 999999999999 }}",
        "{{ 'a'.center(2000000000) }}",
        "{{ 'a' | center(2000000000) }}",
        "{{ 'a'.zfill(2000000000) }}",
        "{% for i in range(100000) %}{{ 'a' * 100000 }}{% endfor %}",
        "{% for i in range(100000) %}{{ range(100000) | list | length }}{% endfor %}",
        "{% for i in range(100000) %}{{ ('a' * 100000) | upper | length }}{% endfor %}",
        "{% for i in range(100000) %}{{ ('a' * 100000).split('a') | length }}{% endfor %}",
        "{% for i in range(100000) %}{{ ('a' * 100000)[99999] }}{% endfor %}",
        "{% for i in range(100000) %}{{ 'b' in ('a' * 100000) }}{% endfor %}",
        "{% for i in range(100000) %}{{ ('a' * 100000).index('b', 3) }}{% endfor %}",
        "{{ [1] | batch(2000000000, 'x') | list | length }}",
      })
  void loopsWithoutEndAndGrowthWithoutBoundFailWithinASecond(String hostile) {
    ChatTemplate template = ChatTemplate.of(hostile, null, null);
    withinASecond(
        () ->
            assertThatThrownBy(() -> template.render(List.of(Message.user("x")), true))
                .isInstanceOfAny(InvalidModelFile.class, IllegalArgumentException.class)
                .hasMessageContaining("line 1"));
  }

  /** Counts the thread's own processor time, so that a busy machine fails nothing. */
  private static void withinASecond(Executable test) {
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          ThreadMXBean clock = ManagementFactory.getThreadMXBean();
          long start = clock.getCurrentThreadCpuTime();
          test.execute();
          assertThat(clock.getCurrentThreadCpuTime() - start).isLessThan(1_000_000_000L);
        });
  }

  static Stream<String> oversized() {
    return Stream.of(
        "a".repeat(1 << 20),
        "{{ x }}".repeat(1 << 17),
        "{{ " + "(".repeat(50_000),
        "{{ " + "[".repeat(50_000) + "]".repeat(50_000) + " }}",
        "{{ " + "not ".repeat(50_000) + "x }}",
        "{{ " + "-".repeat(50_000) + "1 }}",
        "{{ a" + " if b else a".repeat(15_000) + " }}",
        "{% if x %}".repeat(20_000),
        "{% for x in y %}".repeat(10_000),
        "{{ x" + "[x".repeat(50_000),
        "{{ f" + "(f".repeat(50_000));
  }

  @ParameterizedTest
  @MethodSource("oversized")
  void templatesTooLongOrTooDeepAreRefusedWithinASecond(String hostile) {
    withinASecond(
        () ->
            assertThatThrownBy(() -> ChatTemplate.of(hostile, null, null))
                .isInstanceOf(InvalidModelFile.class)
                .hasMessageContaining("chat template"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{{ 1%s }}", "{{ x%s }}", "{{ 'a'%s }}"})
  void longChainsOfOperatorsNeitherOverflowTheStackNorHang(String pattern) {
    String source =
        switch (pattern.charAt(3)) {
          case '1' -> pattern.formatted(" + 1".repeat(50_000));
          case 'x' -> pattern.formatted(".x".repeat(100_000));
          default -> pattern.formatted("|trim".repeat(40_000));
        };
    ChatTemplate template = ChatTemplate.of(source, null, null);
    assertThatThrownBy(() -> template.render(List.of(), true))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("recursion");
  }

  @Test
  void thousandsOfMutatedTemplatesRenderOrFailInOneOfTwoWays() throws IOException {
    List<String> sources = new ArrayList<>();
    for (JsonNode row : rows("chat_templates.jsonl")) {
      sources.add(row.get("source").asText());
    }
    for (JsonNode row : rows("jinja_cases.jsonl")) {
      sources.add(row.get("source").asText());
    }
    String alphabet = "{}%#-+|()[]'\"., \n:=*/~abns01\\<>\u00e9";
    Random random = new Random(5);
    int rendered = 0;
    for (int i = 0; i < 5_000; i++) {
      StringBuilder s = new StringBuilder(sources.get(random.nextInt(sources.size())));
      for (int k = random.nextInt(4); k >= 0 && s.length() > 1; k--) {
        int at = random.nextInt(s.length());
        switch (random.nextInt(3)) {
          case 0 -> s.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
          case 1 -> s.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
          default -> s.delete(at, Math.min(s.length(), at + 1 + random.nextInt(5)));
        }
      }
      try {
        ChatTemplate.of(s.toString(), "<s>", "</s>")
            .render(List.of(Message.user("hi"), Message.assistant("yo")), true);
        rendered++;
      } catch (IllegalArgumentException | InvalidModelFile e) {
        assertThat(e.getMessage()).contains("line ");
      }
    }
    assertThat(rendered).isBetween(500, 4_500);
  }

  @Test
  void datesComeFromTheGivenClock() {
    Clock clock = Clock.fixed(Instant.parse("2024-07-05T13:04:09Z"), ZoneOffset.UTC);
    ChatTemplate template =
        ChatTemplate.of("{{ strftime_now('%d %b %Y|%A %B %-d|%H:%M:%S %I %p|%y %j') }}", null, null)
            .withClock(clock);
    assertThat(template.render(List.of(), false))
        .isEqualTo("05 Jul 2024|Friday July 5|13:04:09 01 PM|24 187");
  }

  @Test
  void opensTheTemplateOfATokenizerConfig(@TempDir Path folder) throws IOException {
    Path config = folder.resolve("tokenizer_config.json");
    Files.writeString(
        config,
        "{\"bos_token\": {\"content\": \"<b>\"}, \"eos_token\": \"<e>\", \"chat_template\": [{\"name\": \"tool\","
            + " \"template\": \"x\"}, {\"name\": \"default\", \"template\": \"{{ bos_token }}{{ eos_token }}\"}]}");
    assertThat(ChatTemplate.fromTokenizerConfig(folder).render(List.of(), false))
        .isEqualTo("<b><e>");
    Files.writeString(folder.resolve("chat_template.jinja"), "{{ messages[0].content }}");
    assertThat(ChatTemplate.fromTokenizerConfig(config).render(List.of(Message.user("q")), false))
        .isEqualTo("q");
  }

  @Test
  void configsWithoutATemplateOrWithoutJsonAreNamed(@TempDir Path folder) throws IOException {
    Path config = folder.resolve("tokenizer_config.json");
    assertThatThrownBy(() -> ChatTemplate.fromTokenizerConfig(folder))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("tokenizer_config.json");
    Files.writeString(config, "{}");
    assertThatThrownBy(() -> ChatTemplate.fromTokenizerConfig(folder))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("chat_template");
    Files.writeString(config, "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"x\"}]}");
    assertThatThrownBy(() -> ChatTemplate.fromTokenizerConfig(folder))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("[rag]");
    Files.writeString(config, "not json");
    assertThatThrownBy(() -> ChatTemplate.fromTokenizerConfig(folder))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("JSON");
  }

  @Test
  void variablesThatAreNotPlainDataAreRefused() {
    ChatTemplate template = ChatTemplate.of("{{ x }}", null, null);
    assertThatThrownBy(() -> template.render(List.of(), false, Map.of("x", new Object())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("java.lang.Object");
  }

  @Test
  void partsKeepTheirOrderAndJoinTheirTexts() {
    Message message = Message.user(List.of(Part.image(), Part.text("a"), Part.text("b")));
    assertThat(message.content()).isEqualTo("ab");
    ChatTemplate template =
        ChatTemplate.of(
            "{% for p in messages[0].content %}{{ p.type }}{{ p.text }};{% endfor %}", null, null);
    assertThat(template.render(List.of(message), false)).isEqualTo("image;texta;textb;");
  }
}
