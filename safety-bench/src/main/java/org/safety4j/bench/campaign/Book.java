package org.safety4j.bench.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.safety4j.bench.journal.Journal;
import org.safety4j.bench.stats.Cell;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.Ledger;
import org.safety4j.core.model.Source;
import org.safety4j.core.run.Provenance;

/** The ledger of a running campaign, and its journal where there is one. Thread-safe. */
final class Book implements AutoCloseable {
  private final Campaign campaign;
  private final Roster roster;
  private final Journal journal;
  private final Ledger ledger;
  private boolean begun;

  private Book(Campaign campaign, Roster roster, Journal journal, Ledger ledger) {
    this.campaign = campaign;
    this.roster = roster;
    this.journal = journal;
    this.ledger = ledger;
  }

  static Book open(Campaign campaign, Roster roster) {
    if (campaign.journal == null) {
      return new Book(campaign, roster, null, new Ledger());
    }
    Journal journal = Journal.open(campaign.journal, campaign.name);
    try {
      return new Book(campaign, roster, journal, Ledger.read(journal.records()));
    } catch (RuntimeException e) {
      journal.close();
      throw e;
    }
  }

  synchronized void add(Entry entry) {
    if (!begun) {
      begun = true;
      write(
          new Entry.Session(
              campaign.name,
              Instant.now().toString(),
              environment(),
              campaign.models.stream().map(Source::id).toList(),
              roster.defenses(),
              roster.attacks()));
    }
    write(entry);
  }

  private void write(Entry entry) {
    if (journal != null) {
      journal.append(entry);
    }
    ledger.add(entry);
  }

  synchronized boolean finished(Cell cell) {
    return ledger.finished(cell);
  }

  synchronized Optional<Entry.Baseline> baseline(Cell cell) {
    return ledger.baseline(cell);
  }

  synchronized boolean holdsData(String id, String checksum) {
    Entry.Data known = ledger.data().get(id);
    return known != null && known.checksum().equals(checksum);
  }

  synchronized boolean holdsModel(String id) {
    return ledger.models().containsKey(id);
  }

  synchronized Ledger ordered(Collection<String> keys) {
    return ledger.ordered(keys);
  }

  private static Map<String, String> environment() {
    Map<String, String> environment = Provenance.describeEnvironment();
    environment.put("cpu", cpu());
    return environment;
  }

  private static String cpu() {
    Path info = Path.of("/proc/cpuinfo");
    if (Files.isReadable(info)) {
      try (Stream<String> lines = Files.lines(info)) {
        return lines
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).trim())
            .findFirst()
            .orElse("unknown");
      } catch (IOException e) {
        return "unknown";
      }
    }
    return System.getenv().getOrDefault("PROCESSOR_IDENTIFIER", "unknown");
  }

  @Override
  public void close() {
    if (journal != null) {
      journal.close();
    }
  }
}
