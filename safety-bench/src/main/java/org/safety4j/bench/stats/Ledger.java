package org.safety4j.bench.stats;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.safety4j.core.error.InvalidDataFile;

/**
 * The entries of one campaign, found by what they are. Of two results of a cell the later counts.
 */
public final class Ledger {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private final List<Entry.Session> sessions = new ArrayList<>();
  private final Map<String, Entry.Data> data = new LinkedHashMap<>();
  private final Map<String, Entry.Model> models = new LinkedHashMap<>();
  private final Map<String, Entry.Baseline> baselines = new LinkedHashMap<>();
  private final Map<String, Entry.Attacked> attacked = new LinkedHashMap<>();
  private final Map<String, Entry.Skipped> skipped = new LinkedHashMap<>();
  private final Map<String, Entry.Failed> failed = new LinkedHashMap<>();

  /** Makes an empty ledger. */
  public Ledger() {}

  /**
   * Reads a journal's records.
   *
   * @param records the records in the order written
   * @return the ledger
   * @throws InvalidDataFile if a record is not one of a campaign
   */
  public static Ledger read(List<JsonNode> records) {
    Ledger ledger = new Ledger();
    int line = 2;
    for (JsonNode record : records) {
      try {
        ledger.add(MAPPER.treeToValue(record, Entry.class));
      } catch (JsonProcessingException e) {
        throw new InvalidDataFile(
            "journal, line " + line + ": not a campaign's record: " + e.getOriginalMessage(), e);
      }
      line++;
    }
    return ledger;
  }

  /**
   * Adds an entry.
   *
   * @param entry the entry
   */
  public void add(Entry entry) {
    if (entry instanceof Entry.Session session) {
      sessions.add(session);
    } else if (entry instanceof Entry.Data source) {
      data.put(source.id(), source);
    } else if (entry instanceof Entry.Model model) {
      models.put(model.id(), model);
    } else if (entry instanceof Entry.Baseline baseline) {
      settle(baseline.cell().key(), baseline, baselines);
    } else if (entry instanceof Entry.Attacked attack) {
      settle(attack.cell().key(), attack, attacked);
    } else if (entry instanceof Entry.Skipped skip) {
      settle(skip.cell().key(), skip, skipped);
    } else if (entry instanceof Entry.Failed failure) {
      failed.put(failure.cell().key(), failure);
    }
  }

  private <E> void settle(String key, E entry, Map<String, E> into) {
    failed.remove(key);
    into.put(key, entry);
  }

  /**
   * Keeps some cells, in a given order: those that a campaign's present plan names.
   *
   * @param keys the cells' keys, in the plan's order
   * @return a ledger with these cells and everything that is no cell
   */
  public Ledger ordered(Collection<String> keys) {
    Ledger kept = new Ledger();
    sessions.forEach(kept::add);
    data.values().forEach(kept::add);
    models.values().forEach(kept::add);
    for (String key : keys) {
      for (Map<String, ? extends Entry> from : List.of(baselines, attacked, skipped, failed)) {
        Entry entry = from.get(key);
        if (entry != null) {
          kept.add(entry);
        }
      }
    }
    return kept;
  }

  /**
   * Puts cells in the order in which the last session's campaign names models, defenses and
   * attacks: threads finish in any order.
   *
   * @return a ledger of the same entries
   */
  public Ledger sorted() {
    if (sessions.isEmpty()) {
      return this;
    }
    Entry.Session last = sessions.get(sessions.size() - 1);
    List<String> sources = List.copyOf(data.keySet());
    Comparator<Cell> order =
        Comparator.<Cell>comparingInt(cell -> place(sources, cell.data()))
            .thenComparingInt(cell -> place(last.models(), cell.model()))
            .thenComparingInt(cell -> place(last.defenses(), cell.defense()))
            .thenComparingInt(
                cell -> cell.attack() == null ? -1 : place(last.attacks(), cell.attack()))
            .thenComparing(cell -> cell.attack() == null ? "" : cell.attack().id())
            .thenComparingLong(Cell::seed)
            .thenComparingInt(Cell::draw);
    Map<String, Cell> cells = new LinkedHashMap<>();
    baselines.forEach((key, entry) -> cells.put(key, entry.cell()));
    attacked.forEach((key, entry) -> cells.put(key, entry.cell()));
    skipped.forEach((key, entry) -> cells.put(key, entry.cell()));
    failed.forEach((key, entry) -> cells.put(key, entry.cell()));
    List<String> keys = new ArrayList<>(cells.keySet());
    keys.sort(Comparator.comparing(cells::get, order));
    return ordered(keys);
  }

  private static int place(List<?> list, Object what) {
    int place = list.indexOf(what);
    return place < 0 ? Integer.MAX_VALUE : place;
  }

  /**
   * Tells whether a cell needs no more work.
   *
   * @param cell the cell
   * @return whether its result is here, or the reason why it cannot be
   */
  public boolean finished(Cell cell) {
    String key = cell.key();
    return baselines.containsKey(key) || attacked.containsKey(key) || skipped.containsKey(key);
  }

  /**
   * Finds a baseline.
   *
   * @param cell a baseline's coordinates
   * @return the baseline, if it was measured
   */
  public Optional<Entry.Baseline> baseline(Cell cell) {
    return Optional.ofNullable(baselines.get(cell.withAttack(null).key()));
  }

  /**
   * The processes that worked on the campaign.
   *
   * @return in the order in which they started
   */
  public List<Entry.Session> sessions() {
    return List.copyOf(sessions);
  }

  /**
   * The data.
   *
   * @return by id of their source, in the order of the journal
   */
  public Map<String, Entry.Data> data() {
    return new LinkedHashMap<>(data);
  }

  /**
   * The models.
   *
   * @return by id of their source, in the order of the journal
   */
  public Map<String, Entry.Model> models() {
    return new LinkedHashMap<>(models);
  }

  /**
   * The measurements without attack.
   *
   * @return in the order of the journal
   */
  public Collection<Entry.Baseline> baselines() {
    return List.copyOf(baselines.values());
  }

  /**
   * The attacks' results.
   *
   * @return in the order of the journal
   */
  public Collection<Entry.Attacked> attacked() {
    return List.copyOf(attacked.values());
  }

  /**
   * The cells that cannot be.
   *
   * @return in the order of the journal
   */
  public Collection<Entry.Skipped> skipped() {
    return List.copyOf(skipped.values());
  }

  /**
   * The cells that ended in an error and have no result since.
   *
   * @return in the order of the journal
   */
  public Collection<Entry.Failed> failed() {
    return List.copyOf(failed.values());
  }
}
