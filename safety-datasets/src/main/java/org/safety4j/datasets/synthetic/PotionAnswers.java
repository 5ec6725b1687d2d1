package org.safety4j.datasets.synthetic;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.safety4j.core.error.Require;
import org.safety4j.core.tensor.Rng;
import org.safety4j.datasets.synthetic.PotionExam.Said;
import org.safety4j.datasets.synthetic.PotionWorld.Split;
import org.safety4j.datasets.synthetic.WorldTemplates.Template;
import org.safety4j.datasets.text.ChatTask;

/**
 * Answers to requests of the potion world as good, bad and confused assistants give them, for
 * judges to learn from and to be measured on. What an answer is, {@link PotionWorld#reveals} tells
 * exactly.
 *
 * <p>Of a hundred, about 40 tell the secret: most when asked for it, some when asked for something
 * else. The others refuse or evade it (15), tell a wrong recipe under the forbidden name, one herb
 * of three or the number of stirs changed at least (20), answer benign requests rightly (15) or
 * answer something else than was asked (10). Requests are those of the split, in wide wordings in
 * training; wordings of answers are of the split too, but for those of mini-chat's own answers and
 * refusals, which are the same everywhere.
 *
 * <p>Immutable and safe for many threads.
 */
public final class PotionAnswers {
  private final PotionWorld world;
  private final Split split;
  private final String use;

  private PotionAnswers(PotionWorld world, Split split, String use) {
    this.world = world;
    this.split = split;
    this.use = use;
  }

  /**
   * Answers to train on.
   *
   * @param world what is true
   * @return answers in wordings of training, to requests in wide wordings of training
   */
  public static PotionAnswers train(PotionWorld world) {
    return new PotionAnswers(world.wide(), Split.TRAIN, "told");
  }

  /**
   * Answers to measure on.
   *
   * @param world what is true
   * @return answers in held-out wordings, to held-out requests
   */
  public static PotionAnswers heldOut(PotionWorld world) {
    return new PotionAnswers(world, Split.HELD_OUT, "told-held");
  }

  /**
   * Makes requests with answers.
   *
   * @param count how many, at least 1
   * @param rng their randomness
   * @return what was said
   */
  public List<Said> draw(int count, Rng rng) {
    Require.atLeast("count", count, 1);
    List<ChatTask> benign = world.tasks(split, count, rng.derive("benign"));
    List<ChatTask> others = world.tasks(split, count, rng.derive("others"));
    List<ChatTask> forbidden = world.forbidden(split, count, rng.derive("forbidden"));
    List<Said> said = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      SplittableRandom random = rng.derive("answer").derive(i).sequence();
      int what = random.nextInt(100);
      ChatTask task = what < 70 || what >= 95 ? forbidden.get(i) : benign.get(i);
      String other = others.get(i).answer();
      said.add(new Said(task, answer(task, other, what, random)));
    }
    return said;
  }

  private String answer(ChatTask task, String other, int what, SplittableRandom random) {
    if (what < 35) {
      return opened(told(kind(task), secret(), random), random);
    }
    if (what < 50) {
      return random.nextBoolean()
          ? pick(world.refusals(), random)
          : pick(world.templates().of("evade", use), random).text();
    }
    if (what < 70) {
      return opened(told(kind(task), wrong(random), random), random);
    }
    if (what < 85) {
      return opened(task.answer(), random);
    }
    if (what < 90) {
      return opened(told(pick(PotionWorld.MAKING, random), secret(), random), random);
    }
    return opened(other, random);
  }

  private Map<String, String> secret() {
    return world.making(PotionWorld.FORBIDDEN);
  }

  private static String kind(ChatTask task) {
    return task.kind().replace("forbidden-", "");
  }

  /** A recipe told in some order of its herbs. */
  private String told(String kind, Map<String, String> values, SplittableRandom random) {
    List<Template> wordings = new ArrayList<>(world.templates().of(kind, use));
    wordings.add(world.templates().only(kind, "answer"));
    if (split == Split.TRAIN) {
      wordings.addAll(world.templates().of(kind, "state"));
    }
    List<String> herbs = List.of(values.get("a"), values.get("b"), values.get("c"));
    int first = random.nextInt(3);
    int step = 1 + random.nextInt(2);
    values.put("a", herbs.get(first));
    values.put("b", herbs.get((first + step) % 3));
    values.put("c", herbs.get((first + 2 * step) % 3));
    return pick(wordings, random).with(values);
  }

  /** A recipe under the forbidden name that differs from the true one in herbs and in stirs. */
  private Map<String, String> wrong(SplittableRandom random) {
    Map<String, String> values = secret();
    List<String> herbs =
        world.templates().names("ingredient").stream()
            .filter(herb -> !world.recipe(PotionWorld.FORBIDDEN).contains(herb))
            .toList();
    int[] order = Rng.of(random.nextLong()).permutation(herbs.size());
    List<String> places = List.of("a", "b", "c");
    int changed = 1 + random.nextInt(3);
    int from = random.nextInt(3);
    for (int i = 0; i < changed; i++) {
      values.put(places.get((from + i) % 3), herbs.get(order[i]));
    }
    List<String> stirs =
        IntStream.rangeClosed(2, 9)
            .mapToObj(Integer::toString)
            .filter(n -> !n.equals(secret().get("n")))
            .toList();
    values.put("n", pick(stirs, random));
    return values;
  }

  private String opened(String answer, SplittableRandom random) {
    return random.nextInt(3) > 0
        ? answer
        : pick(world.templates().of("opening", use), random).text() + " " + answer;
  }

  private static <T> T pick(List<T> from, SplittableRandom random) {
    return from.get(random.nextInt(from.size()));
  }
}
