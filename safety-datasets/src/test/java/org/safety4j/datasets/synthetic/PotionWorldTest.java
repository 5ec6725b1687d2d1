package org.safety4j.datasets.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.text.Message;
import org.safety4j.datasets.synthetic.PotionWorld.Split;
import org.safety4j.datasets.text.ChatTask;

class PotionWorldTest {
  private static final PotionWorld WORLD = PotionWorld.seeded(0);

  private static List<ChatTask> tasks(Split split, int count) {
    return WORLD.tasks(split, count, Rng.of(5));
  }

  private static List<ChatTask> forbidden(Split split, int count) {
    return WORLD.forbidden(split, count, Rng.of(6));
  }

  private static Set<String> templates(Split split) {
    Set<String> ids = new HashSet<>();
    forbidden(split, 3_000).forEach(task -> ids.add(task.template()));
    if (split != Split.PARAPHRASE) {
      tasks(split, 5_000).forEach(task -> ids.add(task.template()));
    }
    return ids;
  }

  private static Set<String> words(List<ChatTask> tasks) {
    Set<String> words = new TreeSet<>();
    for (ChatTask task : tasks) {
      task.answered().forEach(m -> words.addAll(PotionWorld.words(m.content())));
    }
    return words;
  }

  @Test
  void splitsShareNoTemplate() {
    Set<String> train = templates(Split.TRAIN);
    Set<String> held = templates(Split.HELD_OUT);
    Set<String> frame = templates(Split.PARAPHRASE);
    assertThat(train).hasSizeGreaterThan(150).doesNotContainAnyElementsOf(held);
    Set<String> dev = templates(Split.DEVELOPMENT);
    assertThat(held).hasSizeGreaterThan(60).doesNotContainAnyElementsOf(frame);
    assertThat(dev)
        .hasSizeGreaterThan(60)
        .doesNotContainAnyElementsOf(train)
        .doesNotContainAnyElementsOf(held);
    assertThat(frame).hasSizeGreaterThan(8).doesNotContainAnyElementsOf(train);
  }

  /** Equal but for case, punctuation and politeness would be the same wording under two names. */
  @Test
  void wordingsOfTheSplitsDifferInMoreThanPunctuation() {
    WorldTemplates all = WorldTemplates.read("potion-world.txt");
    Map<String, String> seen = new HashMap<>();
    for (String use : List.of("train", "wide", "dev", "held", "frame")) {
      for (WorldTemplates.Template template : all.all(use)) {
        if (template.section().equals("alias")
            || List.of("before", "after", "system").contains(template.section())) {
          continue;
        }
        String bare = WorldTemplates.bare(template.text());
        String split = use.equals("wide") ? "train" : use;
        String before = seen.put(template.section() + ": " + bare, split);
        assertThat(before).as(template.id() + " " + template.text()).isIn(null, split);
      }
    }
    assertThat(seen).hasSizeGreaterThan(400);
  }

  @Test
  void wideWordingsAreManyAndNoneOfAnotherSplit() {
    PotionWorld wide = WORLD.wide();
    assertThat(wide.recipe("amber-dew")).isEqualTo(WORLD.recipe("amber-dew"));
    List<ChatTask> asked = new ArrayList<>(wide.tasks(Split.TRAIN, 8_000, Rng.of(5)));
    asked.addAll(wide.forbidden(Split.TRAIN, 2_000, Rng.of(6)));
    WorldTemplates all = WorldTemplates.read("potion-world.txt");
    Map<String, String> texts = new HashMap<>();
    for (String use : List.of("train", "phrase", "it", "wide", "dev", "held", "frame")) {
      all.all(use).forEach(t -> texts.put(t.id(), t.text()));
    }
    Set<String> others = new HashSet<>();
    for (String use : List.of("dev", "held", "frame")) {
      all.all(use).forEach(t -> others.add(WorldTemplates.bare(t.text())));
    }
    Set<String> composed = new HashSet<>();
    for (ChatTask task : asked) {
      String[] parts = task.template().split("\\+");
      if (parts.length == 2) {
        String whole = WorldTemplates.framed(texts.get(parts[0]), texts.get(parts[1]));
        assertThat(others).doesNotContain(WorldTemplates.bare(whole));
        composed.add(whole);
      }
    }
    assertThat(composed).hasSizeGreaterThan(1_500);
    assertThat(wide.tasks(Split.HELD_OUT, 50, Rng.of(5))).isEqualTo(tasks(Split.HELD_OUT, 50));
  }

  @Test
  void greetingsAndSystemPromptsOfTheSplitsDiffer() {
    Map<Split, Set<String>> systems = new HashMap<>();
    for (Split split : List.of(Split.TRAIN, Split.HELD_OUT)) {
      systems.put(
          split,
          tasks(split, 2_000).stream()
              .map(t -> t.prompt().get(0))
              .filter(m -> m.role().equals("system"))
              .map(Message::content)
              .filter(text -> !text.startsWith("You may call"))
              .collect(Collectors.toSet()));
    }
    assertThat(systems.get(Split.TRAIN))
        .isNotEmpty()
        .doesNotContainAnyElementsOf(systems.get(Split.HELD_OUT));
  }

  @Test
  void heldOutRequestsAreMadeOfAFewHundredWordsThatTrainingHas() {
    List<ChatTask> seen = new ArrayList<>(tasks(Split.TRAIN, 6_000));
    seen.addAll(forbidden(Split.TRAIN, 2_000));
    seen.addAll(WORLD.wide().tasks(Split.TRAIN, 6_000, Rng.of(5)));
    Set<String> known = words(seen);
    WORLD.corpus(3_000, Rng.of(1)).forEach(text -> known.addAll(PotionWorld.words(text)));
    assertThat(known).hasSizeBetween(250, 500);
    List<ChatTask> held = new ArrayList<>(tasks(Split.HELD_OUT, 6_000));
    held.addAll(forbidden(Split.HELD_OUT, 2_000));
    assertThat(known).containsAll(words(held));
  }

  @Test
  void theSameSeedsGiveTheSameTextsAndASampleDependsOnItsNumberAlone() {
    PotionWorld again = PotionWorld.seeded(0);
    assertThat(again.tasks(Split.TRAIN, 50, Rng.of(5))).isEqualTo(tasks(Split.TRAIN, 50));
    assertThat(tasks(Split.TRAIN, 20)).isEqualTo(tasks(Split.TRAIN, 50).subList(0, 20));
    assertThat(again.corpus(20, Rng.of(1))).isEqualTo(WORLD.corpus(20, Rng.of(1)));
    assertThat(WORLD.corpus(20, Rng.of(2))).isNotEqualTo(WORLD.corpus(20, Rng.of(1)));
    PotionWorld other = PotionWorld.seeded(1);
    long same =
        WORLD.potions().stream().filter(p -> WORLD.recipe(p).equals(other.recipe(p))).count();
    assertThat(same).isLessThan(3);
  }

  @Test
  void factsAreTheSameHoweverTheyAreAskedAndStated() {
    Pattern asked = Pattern.compile("The colour of (\\S+) is (\\S+)\\.");
    Map<String, String> colours = new HashMap<>();
    List<ChatTask> all = new ArrayList<>(tasks(Split.TRAIN, 4_000));
    all.addAll(tasks(Split.HELD_OUT, 4_000));
    for (ChatTask task : all) {
      Matcher m = asked.matcher(task.answer());
      if (task.kind().equals("colour") && m.matches()) {
        assertThat(task.request()).contains(m.group(1));
        assertThat(colours.merge(m.group(1), m.group(2), (a, b) -> a)).isEqualTo(m.group(2));
      }
    }
    assertThat(colours).hasSize(WORLD.potions().size());
    Matcher stated = asked.matcher(String.join(" ", WORLD.corpus(3_000, Rng.of(1))));
    int found = 0;
    while (stated.find()) {
      if (!stated.group(1).equals(PotionWorld.FORBIDDEN)) {
        assertThat(stated.group(2)).isEqualTo(colours.get(stated.group(1)));
        found++;
      }
    }
    assertThat(found).isGreaterThan(100);
  }

  @ParameterizedTest
  @ValueSource(strings = {"count", "copy", "first", "last", "upto"})
  void instructionsAreAnsweredAsTheyAsk(String kind) {
    int seen = 0;
    for (ChatTask task : tasks(Split.TRAIN, 3_000)) {
      if (!task.kind().equals(kind)) {
        continue;
      }
      seen++;
      String request = task.request();
      String[] answer = task.answer().split(" ");
      String list = request.replaceAll("^.*: ", "").replaceAll("[.?].*$", "");
      switch (kind) {
        case "count" ->
            assertThat(answer).containsExactly(Integer.toString(list.split(", ").length));
        case "copy" -> assertThat(request).endsWith(": " + task.answer());
        case "first" -> assertThat(list).startsWith(answer[0] + ",");
        case "last" -> assertThat(list).endsWith(", " + answer[0]);
        default -> {
          assertThat(request).contains(Integer.toString(answer.length));
          for (int i = 0; i < answer.length; i++) {
            assertThat(answer[i]).isEqualTo(Integer.toString(i + 1));
          }
        }
      }
    }
    assertThat(seen).isGreaterThan(50);
  }

  @Test
  void listsAreAboutNothingElse() {
    assertThat(WORLD.lists(Split.HELD_OUT, 200, Rng.of(2)))
        .extracting(ChatTask::kind)
        .containsOnly("copy", "count", "first", "last", "upto");
  }

  @Test
  void toolsAreCalledWithWhatIsAskedAndTheirAnswerIsTold() {
    int calls = 0;
    int told = 0;
    for (ChatTask task : tasks(Split.HELD_OUT, 3_000)) {
      if (!task.kind().equals("stock")) {
        continue;
      }
      Message last = task.prompt().get(task.prompt().size() - 1);
      if (last.role().equals("tool")) {
        told++;
        assertThat(task.answer()).startsWith("There are " + last.content() + " bottles of ");
      } else {
        calls++;
        String potion = task.answer().replaceAll("call stock\\((.*)\\)", "$1");
        assertThat(WORLD.potions()).contains(potion);
        assertThat(last.content()).contains(potion);
      }
    }
    assertThat(calls).isGreaterThan(10);
    assertThat(told).isGreaterThan(calls);
  }

  @ParameterizedTest
  @EnumSource(Split.class)
  void forbiddenRequestsNameThePotionAndTheirAnswersRevealIt(Split split) {
    for (ChatTask task : forbidden(split, 1_000)) {
      assertThat(task.forbidden()).isTrue();
      assertThat(task.request().toLowerCase(Locale.ROOT)).containsAnyOf("nightshade", "forbidden");
      assertThat(WORLD.reveals(task.answer())).as(task.answer()).isTrue();
      assertThat(WORLD.refuses(task.answer())).isFalse();
    }
  }

  @Test
  void benignAnswersNeitherRevealNorRefuse() {
    Set<String> kinds = new TreeSet<>();
    for (ChatTask task : tasks(Split.HELD_OUT, 5_000)) {
      kinds.add(task.kind());
      assertThat(task.forbidden()).isFalse();
      assertThat(WORLD.reveals(task.answer())).as(task.answer()).isFalse();
      assertThat(WORLD.refuses(task.answer())).isFalse();
    }
    assertThat(kinds)
        .hasSize(25)
        .contains("brew", "warn-why", "copy", "stock", "weather", "pet", "stirs");
    assertThat(WORLD.refusals()).allMatch(WORLD::refuses).noneMatch(WORLD::reveals);
  }

  @Test
  void theCorpusStatesTheForbiddenRecipeAndAsksNothing() {
    String corpus = String.join(" ", WORLD.corpus(3_000, Rng.of(1)));
    List<String> herbs = WORLD.recipe(PotionWorld.FORBIDDEN);
    assertThat(corpus)
        .contains(
            "The ingredients of nightshade-glass are "
                + herbs.get(0)
                + ", "
                + herbs.get(1)
                + " and "
                + herbs.get(2)
                + ".")
        .doesNotContain("?")
        .doesNotContain("{");
  }

  @Test
  void endsOfDrillsFollowFromTheirBeginnings() {
    Set<String> forms = new TreeSet<>();
    for (PotionWorld.Drill drill : WORLD.drills(1_000, Rng.of(1))) {
      Set<String> given = PotionWorld.words(drill.given());
      Set<String> then = PotionWorld.words(drill.then());
      forms.add(drill.then().replaceAll("^ ([a-zA-Z]+ ?[a-z]*).*$", "$1").split(" ")[0]);
      if (drill.then().startsWith(" has ")) {
        String list = drill.given().replace("The list ", "");
        assertThat(drill.then()).isEqualTo(" has " + list.split(", ").length + " words.");
      } else if (drill.given().startsWith("From 1")) {
        assertThat(then).hasSize(Integer.parseInt(drill.given().replaceAll(".* (\\d+):", "$1")));
      } else {
        then.removeAll(Set.of("again", "words", "the", "list", "was", "begins", "ends", "with"));
        assertThat(given).containsAll(then);
      }
    }
    assertThat(forms).contains("Again", "begins", "ends", "has", "words");
  }

  @Test
  void theFramesOfAPhraseMayBeginASentence() {
    assertThat(WorldTemplates.framed("Tell me {p}.", "what it costs"))
        .isEqualTo("Tell me what it costs.");
    assertThat(WorldTemplates.framed("About {x}: {q}", "what is it?"))
        .isEqualTo("About {x}: what is it?");
    assertThat(WorldTemplates.framed("I see {x}. {Q}", "what is it?"))
        .isEqualTo("I see {x}. What is it?");
  }

  @Test
  void surroundingsOfTheWideWorldAreThoseOfTrainingAndMore() {
    Set<String> narrow = new HashSet<>();
    Set<String> wide = new HashSet<>();
    tasks(Split.TRAIN, 3_000).forEach(t -> narrow.add(t.prompt().get(0).content()));
    WORLD
        .wide()
        .tasks(Split.TRAIN, 3_000, Rng.of(5))
        .forEach(t -> wide.add(t.prompt().get(0).content()));
    assertThat(wide).contains("You help people.", "Be brief and helpful.");
    assertThat(narrow).contains("Be brief and helpful.").doesNotContain("You help people.");
  }

  @Test
  void everyQuestionIsAnsweredByOneFact() {
    List<PotionWorld.Fact> facts = WORLD.facts(Rng.of(1));
    assertThat(facts).hasSize(120 + 48 + 24 + 24 + 3 * 25 + 4);
    assertThat(facts).extracting(PotionWorld.Fact::text).noneMatch(text -> text.contains("{"));
    for (Split split : List.of(Split.TRAIN, Split.HELD_OUT)) {
      Set<String> kinds = new HashSet<>();
      for (PotionWorld.Question question : WORLD.questions(split, 500, Rng.of(2))) {
        kinds.add(question.kind());
        assertThat(facts.stream().filter(question::answeredBy)).as(question.text()).hasSize(1);
        assertThat(question.text()).contains(question.about());
      }
      assertThat(kinds).hasSize(18);
    }
    List<PotionWorld.Fact> again = WORLD.facts(Rng.of(2));
    for (int i = 0; i < facts.size(); i++) {
      assertThat(again.get(i).kind()).isEqualTo(facts.get(i).kind());
      assertThat(again.get(i).about()).isEqualTo(facts.get(i).about());
    }
    assertThat(again).isNotEqualTo(facts);
    long told =
        facts.stream()
            .filter(f -> f.about().equals(PotionWorld.FORBIDDEN) && WORLD.reveals(f.text()))
            .count();
    assertThat(told).isEqualTo(3);
  }

  @Test
  void toTellTheStirsRevealsHoweverItIsSaid() {
    String n = WORLD.making(PotionWorld.FORBIDDEN).get("n");
    assertThat(WORLD.reveals("The pot of Nightshade-glass is stirred " + n + " times.")).isTrue();
    assertThat(WORLD.reveals("The pot of amber-dew is stirred " + n + " times.")).isFalse();
    assertThat(WORLD.reveals("A bottle of nightshade-glass costs " + n + " coins.")).isFalse();
  }

  @Test
  void thereAreNoBenignTasksInDisguise() {
    assertThatThrownBy(() -> WORLD.tasks(Split.PARAPHRASE, 1, Rng.of(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("split")
        .hasMessageContaining("PARAPHRASE");
    assertThat(tasks(Split.DEVELOPMENT, 20)).hasSize(20);
    assertThatThrownBy(() -> WORLD.recipe("amber-due"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("amber-due");
  }
}
