package org.safety4j.bench.campaign;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.safety4j.bench.stats.Cell;

/** A bar of finished cells on standard error, where that is a terminal and somebody asked. */
final class Progress implements AutoCloseable {
  private final ProgressBar bar;

  private Progress(ProgressBar bar) {
    this.bar = bar;
  }

  static Progress of(String name, boolean wanted) {
    if (!wanted || System.console() == null) {
      return new Progress(null);
    }
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(name)
            .setInitialMax(0)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(250)
            .build();
    return new Progress(bar);
  }

  void expect(int cells) {
    if (bar != null) {
      bar.maxHint(bar.getMax() + cells);
    }
  }

  void done(Cell cell) {
    if (bar != null) {
      bar.setExtraMessage(cell.attack() == null ? cell.model() : cell.attack().name());
      bar.step();
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
