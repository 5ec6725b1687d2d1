package org.safety4j.bench.campaign;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.safety4j.bench.report.Report;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.error.Require;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Source;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.CancelToken;

/**
 * Every attack on every model under every defense, with everything that an honest comparison needs:
 * the undefended models as positive controls, the attacks that adapt to each defense, whether it
 * names them or not, several draws of random defenses, accuracy without attack, and a check of
 * every claimed success.
 *
 * <pre>{@code
 * Report report = Campaign.named("digits")
 *     .models(Zoo.digitsVit(), Zoo.digitsVitPgd())
 *     .on(Digits.test().first(200))
 *     .attacks(Pgd.linf(.1), Square.linf(.1), HopSkipJump.l2())
 *     .defenses(None.defense(), JpegCompression.quality(60))
 *     .seeds(0, 1, 2)
 *     .journal(Path.of("runs/digits.jsonl"))   // kill it, start it again: nothing is run twice
 *     .run(Workers.local());
 * report.html(Path.of("runs/digits.html"));
 * }</pre>
 *
 * <p>An attack of seed s runs with {@code Run.seed(s)}, and so does a defense: each cell can be
 * repeated by hand in a line. Immutable: each method gives a changed copy.
 */
public final class Campaign {
  final String name;
  final List<Source<? extends ImageClassifier.Black>> models;
  final List<Source<LabeledImages>> data;
  final List<EvasionAttack<?>> attacks;
  final List<Defense<?, ?>> defenses;
  final List<Source<? extends Artifact>> held;
  final List<Long> seeds;
  final int draws;
  private final Budget budget;
  private final Map<String, Budget> budgets;
  final Path journal;
  final boolean progress;
  final CancelToken cancel;

  private Campaign(Draft draft) {
    this.name = draft.name;
    this.models = List.copyOf(draft.models);
    this.data = List.copyOf(draft.data);
    this.attacks = List.copyOf(draft.attacks);
    this.defenses = List.copyOf(draft.defenses);
    this.held = List.copyOf(draft.held);
    this.seeds = List.copyOf(draft.seeds);
    this.draws = draft.draws;
    this.budget = draft.budget;
    this.budgets = Map.copyOf(draft.budgets);
    this.journal = draft.journal;
    this.progress = draft.progress;
    this.cancel = draft.cancel;
  }

  /** A campaign's parts while a copy is changed. */
  private static final class Draft {
    private String name;
    private List<Source<? extends ImageClassifier.Black>> models = List.of();
    private List<Source<LabeledImages>> data = List.of();
    private List<EvasionAttack<?>> attacks = List.of();
    private List<Defense<?, ?>> defenses = List.of();
    private List<Source<? extends Artifact>> held = List.of();
    private List<Long> seeds = List.of(0L);
    private int draws = 3;
    private Budget budget = Budget.unlimited();
    private Map<String, Budget> budgets = Map.of();
    private Path journal;
    private boolean progress;
    private CancelToken cancel = new CancelToken();
  }

  private Draft draft() {
    Draft draft = new Draft();
    draft.name = name;
    draft.models = models;
    draft.data = data;
    draft.attacks = attacks;
    draft.defenses = defenses;
    draft.held = held;
    draft.seeds = seeds;
    draft.draws = draws;
    draft.budget = budget;
    draft.budgets = budgets;
    draft.journal = journal;
    draft.progress = progress;
    draft.cancel = cancel;
    return draft;
  }

  /**
   * Starts an empty campaign.
   *
   * @param name its name; a journal belongs to one name
   * @return a campaign of seed 0, without journal, budget and progress bar, with three draws of
   *     random defenses
   */
  public static Campaign named(String name) {
    Require.that(!name.isBlank(), "name must not be blank");
    Draft draft = new Draft();
    draft.name = name;
    return new Campaign(draft);
  }

  /**
   * Sets the models.
   *
   * @param sources where to open them
   * @return a copy
   */
  @SafeVarargs
  public final Campaign models(Source<? extends ImageClassifier.Black>... sources) {
    List<Source<? extends ImageClassifier.Black>> list = new ArrayList<>();
    for (Source<? extends ImageClassifier.Black> source : sources) {
      list.add(source);
    }
    return models(list);
  }

  /**
   * Sets the models.
   *
   * @param sources where to open them
   * @return a copy
   */
  public Campaign models(List<? extends Source<? extends ImageClassifier.Black>> sources) {
    Draft draft = draft();
    draft.models = List.copyOf(sources);
    return new Campaign(draft);
  }

  /**
   * Sets the images to attack.
   *
   * @param sources where to open them
   * @return a copy
   */
  @SafeVarargs
  public final Campaign on(Source<LabeledImages>... sources) {
    Draft draft = draft();
    draft.data = new ArrayList<>();
    for (Source<LabeledImages> source : sources) {
      draft.data.add(source);
    }
    return new Campaign(draft);
  }

  /**
   * Sets the attacks. Their components must be values, records of values or {@link Source}s.
   *
   * @param values the attacks
   * @return a copy
   */
  public Campaign attacks(EvasionAttack<?>... values) {
    return attacks(Arrays.asList(values));
  }

  /**
   * Sets the attacks.
   *
   * @param values the attacks
   * @return a copy
   */
  public Campaign attacks(List<? extends EvasionAttack<?>> values) {
    Draft draft = draft();
    draft.attacks = List.copyOf(values);
    return new Campaign(draft);
  }

  /**
   * Sets the defenses. The undefended model is always measured, named or not.
   *
   * @param values the defenses
   * @return a copy
   */
  public Campaign defenses(Defense<?, ?>... values) {
    Draft draft = draft();
    draft.defenses = Arrays.asList(values);
    return new Campaign(draft);
  }

  /**
   * Sets the data that defenses train, repair or calibrate with; never the data under attack.
   *
   * @param sources where to open them
   * @return a copy
   */
  @SafeVarargs
  public final Campaign withData(Source<? extends Artifact>... sources) {
    Draft draft = draft();
    draft.held = new ArrayList<>();
    for (Source<? extends Artifact> source : sources) {
      draft.held.add(source);
    }
    return new Campaign(draft);
  }

  /**
   * Sets the seeds: each cell is run once for each. Seed 0 alone by default.
   *
   * @param values at least one seed
   * @return a copy
   */
  public Campaign seeds(long... values) {
    Draft draft = draft();
    draft.seeds = new ArrayList<>(new LinkedHashSet<>(Arrays.stream(values).boxed().toList()));
    Require.notEmpty("seeds", draft.seeds);
    return new Campaign(draft);
  }

  /**
   * Sets how often a random defense is drawn for each seed. 3 by default. Whether a defense is
   * random is found out by asking it.
   *
   * @param value at least 1
   * @return a copy
   */
  public Campaign draws(int value) {
    Draft draft = draft();
    draft.draws = Require.atLeast("draws", value, 1);
    return new Campaign(draft);
  }

  /**
   * Sets what each attack may use in one cell. Unlimited by default.
   *
   * @param value the budget
   * @return a copy
   */
  public Campaign budget(Budget value) {
    Draft draft = draft();
    draft.budget = Objects.requireNonNull(value, "budget");
    return new Campaign(draft);
  }

  /**
   * Gives one attack another budget than {@link #budget(Budget)}: an ensemble asks more often than
   * its members.
   *
   * @param attack the id of a listed attack
   * @param value what it may use in one cell
   * @return a copy
   */
  public Campaign budget(String attack, Budget value) {
    Draft draft = draft();
    draft.budgets = new LinkedHashMap<>(budgets);
    draft.budgets.put(attack, Objects.requireNonNull(value, "value"));
    return new Campaign(draft);
  }

  /** What an attack may use in one cell. */
  Budget budget(String attack) {
    return budgets.getOrDefault(attack, budget);
  }

  /**
   * Sets where finished cells are kept. A campaign without journal keeps them in memory.
   *
   * @param file the journal's file; made if it is not there, continued if it is
   * @return a copy
   */
  public Campaign journal(Path file) {
    Draft draft = draft();
    draft.journal = Objects.requireNonNull(file, "file");
    return new Campaign(draft);
  }

  /**
   * Shows a progress bar on standard error where that is a terminal. Off by default.
   *
   * @return a copy
   */
  public Campaign showProgress() {
    Draft draft = draft();
    draft.progress = true;
    return new Campaign(draft);
  }

  /**
   * Sets the token that stops the campaign; finished cells stay in the journal.
   *
   * @param token the token
   * @return a copy
   */
  public Campaign withCancel(CancelToken token) {
    Draft draft = draft();
    draft.cancel = Objects.requireNonNull(token, "token");
    return new Campaign(draft);
  }

  /**
   * Runs every cell that the journal does not hold, and reports.
   *
   * <p>A cell that ends in an exception is noted, and the others go on; it is tried again when the
   * campaign is started again. Models must be safe for use by as many threads as there are workers.
   *
   * @param workers who works
   * @return the report of all cells of this campaign
   * @throws IllegalArgumentException if models, data or attacks are missing, two sources have one
   *     id, or an attack cannot be hashed
   * @throws org.safety4j.core.error.RunCancelled if the campaign was cancelled
   * @throws org.safety4j.core.error.InvalidDataFile if the journal is damaged or of another
   *     campaign
   */
  public Report run(Workers workers) {
    Require.that(!models.isEmpty(), "a campaign needs models; call models(...)");
    Require.that(!data.isEmpty(), "a campaign needs images; call on(...)");
    Require.that(!attacks.isEmpty(), "a campaign needs attacks; call attacks(...)");
    requireUnique("models", models.stream().map(Source::id).toList());
    requireUnique("images", data.stream().map(Source::id).toList());
    List<String> ids = attacks.stream().map(attack -> attack.info().id()).toList();
    for (String id : budgets.keySet()) {
      Require.that(ids.contains(id), "a budget is for \"" + id + "\", but the attacks are " + ids);
    }
    Roster roster = new Roster(defenses, attacks);
    try (Book book = Book.open(this, roster)) {
      return new CampaignRun(this, roster, workers, book).run();
    }
  }

  private static void requireUnique(String what, List<String> ids) {
    Require.that(
        new LinkedHashSet<>(ids).size() == ids.size(),
        what + " must have different ids, were " + ids);
  }
}
