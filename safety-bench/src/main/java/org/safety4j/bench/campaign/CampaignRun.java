package org.safety4j.bench.campaign;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.safety4j.bench.report.Report;
import org.safety4j.bench.stats.Cell;
import org.safety4j.bench.stats.Entry;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.RunCancelled;
import org.safety4j.core.model.Artifact;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Source;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One pass over a campaign: data by data, model by model, so that one model is open at a time. */
final class CampaignRun {
  private static final Logger LOG = LoggerFactory.getLogger(CampaignRun.class);

  private final Campaign campaign;
  private final Workers workers;
  private final Book book;
  private final Roster roster;
  private final Progress progress;
  private final Set<String> plan = new LinkedHashSet<>();
  private final List<Artifact> held = new ArrayList<>();

  CampaignRun(Campaign campaign, Roster roster, Workers workers, Book book) {
    this.campaign = campaign;
    this.workers = workers;
    this.book = book;
    this.roster = roster;
    this.progress = Progress.of(campaign.name, campaign.progress);
  }

  Report run() {
    try (progress) {
      for (Source<LabeledImages> source : campaign.data) {
        try (LabeledImages images = source.open()) {
          describe(source.id(), images);
          for (Source<? extends ImageClassifier.Black> model : campaign.models) {
            try (ModelCells cells = new ModelCells(this, source.id(), images, model)) {
              work(cells, cells.baselines(), cells::baseline);
              work(cells, cells.attacks(), cells::attack);
            }
          }
        }
      }
    } finally {
      held.forEach(Artifact::close);
    }
    return Report.of(campaign.name, book.ordered(plan));
  }

  private void describe(String id, LabeledImages images) {
    String checksum = images.checksum();
    if (!book.holdsData(id, checksum)) {
      long[] shape = images.images().getShape().slice(1).getShape();
      book.add(new Entry.Data(id, checksum, shape, images.labels(), images.classNames()));
    }
  }

  private void work(ModelCells cells, List<Cell> planned, Consumer<Cell> work) {
    List<Cell> open = new ArrayList<>();
    for (Cell cell : planned) {
      plan.add(cell.key());
      if (!book.finished(cell)) {
        open.add(cell);
      }
    }
    if (open.isEmpty()) {
      return;
    }
    cells.describeModel();
    progress.expect(open.size());
    workers.run(
        open,
        cell -> {
          guarded(cell, work);
          progress.done(cell);
        });
  }

  private void guarded(Cell cell, Consumer<Cell> work) {
    if (campaign.cancel.isCancelled()) {
      throw new RunCancelled(
          "campaign " + campaign.name + " was cancelled; finished cells are in its journal");
    }
    try {
      work.accept(cell);
    } catch (RunCancelled e) {
      throw e;
    } catch (RuntimeException e) {
      String error = e.getClass().getSimpleName() + ": " + e.getMessage();
      String what = cell.attack() == null ? "baseline" : cell.attack().id();
      LOG.warn("{} on {}({}) failed: {}", what, cell.defense().id(), cell.model(), error);
      LOG.debug("the failure's stack", e);
      book.add(new Entry.Failed(cell, error));
    }
  }

  Campaign campaign() {
    return campaign;
  }

  Book book() {
    return book;
  }

  Roster roster() {
    return roster;
  }

  /**
   * The run of a cell. Draw 0 of a seed is the seed itself, so that a cell can be repeated by hand.
   */
  Run run(Cell cell) {
    Budget budget = campaign.budget(cell.attack() == null ? "" : cell.attack().id());
    Run run = Run.seed(cell.seed()).withBudget(budget).withCancel(campaign.cancel);
    for (Artifact artifact : held()) {
      run = run.withData(artifact);
    }
    return cell.draw() == 0 ? run : run.part("draw-" + cell.draw());
  }

  private synchronized List<Artifact> held() {
    if (held.isEmpty()) {
      campaign.held.forEach(source -> held.add(source.open()));
    }
    return held;
  }
}
