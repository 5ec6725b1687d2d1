package org.safety4j.bench.campaign;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.safety4j.bench.stats.Cell;
import org.safety4j.core.error.Require;
import org.safety4j.core.error.RunCancelled;

/**
 * Who works on a campaign's cells. How many there are changes the time that it takes, and no
 * result: every cell draws its randomness from its own coordinates.
 */
public interface Workers {
  /**
   * Works on cells until all are done.
   *
   * @param cells the cells, independent of each other
   * @param work what to do with a cell; safe to be called by several threads
   */
  void run(List<Cell> cells, Consumer<Cell> work);

  /**
   * One thread for each processor of this machine. Models that use all processors for one answer
   * are better served by {@code local(1)}.
   *
   * @return the workers
   */
  static Workers local() {
    return local(Runtime.getRuntime().availableProcessors());
  }

  /**
   * Threads of this process.
   *
   * @param threads how many, at least 1
   * @return the workers
   * @throws IllegalArgumentException if there is no thread
   */
  static Workers local(int threads) {
    Require.atLeast("threads", threads, 1);
    return (cells, work) -> {
      if (threads == 1 || cells.size() < 2) {
        cells.forEach(work);
        return;
      }
      ExecutorService pool = Executors.newFixedThreadPool(Math.min(threads, cells.size()));
      try {
        List<Future<?>> futures = new ArrayList<>();
        cells.forEach(cell -> futures.add(pool.submit(() -> work.accept(cell))));
        for (Future<?> future : futures) {
          future.get();
        }
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        if (e.getCause() instanceof Error cause) {
          throw cause;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new RunCancelled("interrupted while waiting for workers");
      } finally {
        pool.shutdownNow();
        awaitEnd(pool);
      }
    };
  }

  /** Cells under way use a model that the caller closes next: none may outlive this call. */
  private static void awaitEnd(ExecutorService pool) {
    boolean interrupted = false;
    while (!pool.isTerminated()) {
      try {
        pool.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
