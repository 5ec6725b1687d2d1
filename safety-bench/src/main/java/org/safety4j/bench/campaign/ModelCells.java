package org.safety4j.bench.campaign;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.safety4j.bench.stats.Cell;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.MethodRef;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.defense.Defense;
import org.safety4j.core.defense.Protected;
import org.safety4j.core.defense.Shield;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.Source;
import org.safety4j.core.run.Provenance;
import org.safety4j.core.run.Run;

/**
 * The cells of one model on one data set. Every defense is first measured without attack, which
 * also shows what rung is left, which attacks are adaptive and whether the defense is random; the
 * attacks are planned from that. The model is opened when the first unfinished cell wants it.
 */
final class ModelCells implements AutoCloseable {
  private final CampaignRun owner;
  private final Campaign campaign;
  private final Book book;
  private final Roster roster;
  private final String data;
  private final LabeledImages images;
  private final String checksum;
  private final Source<? extends ImageClassifier.Black> source;
  private final String library = Provenance.describeEnvironment().get("safety4j");
  private ImageClassifier.Black model;

  ModelCells(
      CampaignRun owner,
      String data,
      LabeledImages images,
      Source<? extends ImageClassifier.Black> source) {
    this.owner = owner;
    this.campaign = owner.campaign();
    this.book = owner.book();
    this.roster = owner.roster();
    this.data = data;
    this.images = images;
    this.checksum = images.checksum();
    this.source = source;
  }

  private synchronized ImageClassifier.Black model() {
    if (model == null) {
      model = source.open();
    }
    return model;
  }

  void describeModel() {
    ModelCard card = model().card();
    if (!book.holdsModel(source.id())) {
      book.add(
          new Entry.Model(
              source.id(),
              card.architecture(),
              card.parameters(),
              card.origin(),
              card.licence(),
              model().classes()));
    }
  }

  private Cell cell(MethodRef defense, MethodRef attack, long seed, int draw) {
    String held = String.join(", ", campaign.held.stream().map(Source::id).toList());
    String budget = attack == null ? "" : campaign.budget(attack.id()).toString();
    return new Cell(
        data, checksum, source.id(), defense, attack, seed, draw, held, budget, library);
  }

  List<Cell> baselines() {
    List<Cell> cells = new ArrayList<>();
    for (MethodRef defense : roster.defenses()) {
      for (long seed : campaign.seeds) {
        cells.add(cell(defense, null, seed, 0));
      }
    }
    return cells;
  }

  /** The plan of attacks, from finished baselines alone. */
  List<Cell> attacks() {
    Map<MethodRef, List<MethodRef>> adaptive = adaptiveAttacks();
    List<Cell> cells = new ArrayList<>();
    for (MethodRef defense : roster.defenses()) {
      LinkedHashSet<MethodRef> against = new LinkedHashSet<>(roster.attacks());
      against.addAll(adaptive.get(defense));
      for (long seed : campaign.seeds) {
        Optional<Entry.Baseline> baseline = book.baseline(cell(defense, null, seed, 0));
        if (baseline.isEmpty()) {
          continue;
        }
        int draws = baseline.get().random() ? campaign.draws : 1;
        for (MethodRef attack : against) {
          for (int draw = 0; draw < draws; draw++) {
            cells.add(cell(defense, attack, seed, draw));
          }
        }
      }
    }
    return cells;
  }

  /** Each defense's adaptive attacks, and all of them for the undefended model, as control. */
  private Map<MethodRef, List<MethodRef>> adaptiveAttacks() {
    Map<MethodRef, List<MethodRef>> adaptive = new LinkedHashMap<>();
    LinkedHashSet<MethodRef> all = new LinkedHashSet<>();
    for (MethodRef defense : roster.defenses()) {
      LinkedHashSet<String> ids = new LinkedHashSet<>();
      boolean random = false;
      for (long seed : campaign.seeds) {
        Optional<Entry.Baseline> baseline = book.baseline(cell(defense, null, seed, 0));
        if (baseline.isPresent()) {
          ids.addAll(baseline.get().adaptive());
          random |= baseline.get().random();
        }
      }
      List<MethodRef> refs = roster.adaptive(List.copyOf(ids), random);
      adaptive.put(defense, refs);
      all.addAll(refs);
    }
    adaptive.put(Roster.none(), List.copyOf(all));
    return adaptive;
  }

  void baseline(Cell cell) {
    Defense<?, ?> defense = roster.defense(cell.defense());
    Run run = owner.run(cell);
    try (Protected<?> shown = Defending.apply(defense, model(), run)) {
      if (!(defense instanceof Shield<?>)) {
        baseline(cell, defense, shown, shown);
        return;
      }
      try (Protected<?> twin = Defending.apply(defense, model(), run.part("judge"))) {
        baseline(cell, defense, shown, twin);
      }
    } catch (Defending.Unfit e) {
      book.add(new Entry.Skipped(cell, e.getMessage()));
    }
  }

  private void baseline(Cell cell, Defense<?, ?> defense, Protected<?> shown, Protected<?> twin) {
    book.add(Measure.baseline(cell, defense, model(), classifier(shown), classifier(twin), images));
  }

  void attack(Cell cell) {
    EvasionAttack<?> attack = roster.attack(cell.attack());
    Entry.Baseline baseline = book.baseline(cell.withDraw(0)).orElseThrow();
    Defense<?, ?> defense = roster.defense(cell.defense());
    Run run = owner.run(cell);
    try (Protected<?> shown = Defending.apply(defense, model(), run)) {
      Optional<ImageClassifier.Black> found =
          Defending.target(attack, defense, model(), classifier(shown), baseline, run);
      if (found.isEmpty()) {
        book.add(new Entry.Skipped(cell, unfit(attack, cell, baseline)));
        return;
      }
      ImageClassifier.Black target = found.get();
      if (!baseline.random()) {
        attack(cell, attack, target, shown, baseline.predictions(), run);
        return;
      }
      try (Protected<?> judge = Defending.apply(defense, model(), run.part("judge"))) {
        int[] before = Measure.answers(classifier(judge), images.images());
        attack(cell, attack, target, judge, before, run);
      }
    } catch (Defending.Unfit e) {
      book.add(new Entry.Skipped(cell, e.getMessage()));
    }
  }

  private void attack(
      Cell cell,
      EvasionAttack<?> attack,
      ImageClassifier.Black target,
      Protected<?> judge,
      int[] before,
      Run run) {
    book.add(
        Measure.attacked(
            cell, attack, target, classifier(judge), before, images, run.budget(), run));
  }

  private static ImageClassifier.Black classifier(Protected<?> shown) {
    return (ImageClassifier.Black) shown.model();
  }

  private static String unfit(EvasionAttack<?> attack, Cell cell, Entry.Baseline baseline) {
    String subject =
        cell.defense().isNone() ? cell.model() : cell.defense().id() + "(" + cell.model() + ")";
    return "attack needs "
        + Rungs.name(attack.requires())
        + ", "
        + subject
        + " offers "
        + baseline.highest();
  }

  @Override
  public synchronized void close() {
    if (model != null) {
      model.close();
    }
  }
}
