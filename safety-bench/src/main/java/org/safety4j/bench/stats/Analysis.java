package org.safety4j.bench.stats;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.safety4j.core.metric.MultipleComparisons;
import org.safety4j.core.metric.PairedTest;

/**
 * The figures of a campaign, computed from its ledger alone: nothing here asks a model. The same
 * ledger always gives the same figures.
 */
public final class Analysis {
  private static final int CURVE_POINTS = 48;

  private record Key(Subject subject, String attack) {}

  /**
   * A ball that attacks of the campaign keep to.
   *
   * @param norm its norm
   * @param epsilon its radius
   */
  public record Radius(String norm, double epsilon) {
    /** Norm and radius, as in {@code Linf 8/255}. */
    @Override
    public String toString() {
      return Labels.norm(norm) + " " + Labels.radius(epsilon);
    }
  }

  private final Ledger ledger;
  private final Labels attackLabels;
  private final Labels defenseLabels;
  private final Map<Key, Tally> tallies = new LinkedHashMap<>();
  private final Map<Subject, List<Entry.Baseline>> baselines = new LinkedHashMap<>();
  private final List<Row> rows;
  private final List<Utility> utilities;
  private final List<Doubt> doubts;

  private Analysis(Ledger ledger) {
    this.ledger = ledger;
    List<MethodRef> attacks = new ArrayList<>();
    List<MethodRef> defenses = new ArrayList<>();
    ledger.baselines().forEach(b -> defenses.add(b.cell().defense()));
    for (Entry.Attacked cell : ledger.attacked()) {
      defenses.add(cell.cell().defense());
      attacks.add(cell.cell().attack());
    }
    this.attackLabels = new Labels(attacks);
    this.defenseLabels = new Labels(defenses);
    group();
    this.utilities = baselines.keySet().stream().map(this::utility).toList();
    this.rows = corrected(tallies.entrySet().stream().map(e -> row(e.getKey(), e.getValue())));
    this.doubts = new Doubts(this).list();
  }

  /**
   * Computes a campaign's figures.
   *
   * @param ledger the campaign's entries
   * @return the figures
   */
  public static Analysis of(Ledger ledger) {
    return new Analysis(ledger);
  }

  private void group() {
    for (Entry.Baseline baseline : ledger.baselines()) {
      if (labels(baseline.cell().data()).isPresent()) {
        baselines.computeIfAbsent(subject(baseline.cell()), s -> new ArrayList<>()).add(baseline);
      }
    }
    Map<Key, List<Entry.Attacked>> cells = new LinkedHashMap<>();
    for (Entry.Attacked cell : ledger.attacked()) {
      Key key = new Key(subject(cell.cell()), attackLabels.of(cell.cell().attack()));
      cells.computeIfAbsent(key, k -> new ArrayList<>()).add(cell);
    }
    cells.forEach(
        (key, list) -> {
          list.sort(
              Comparator.<Entry.Attacked>comparingLong(c -> c.cell().seed())
                  .thenComparingInt(c -> c.cell().draw()));
          labels(key.subject.data()).ifPresent(labels -> tallies.put(key, new Tally(list, labels)));
        });
  }

  private Optional<int[]> labels(String data) {
    return Optional.ofNullable(ledger.data().get(data)).map(Entry.Data::labels);
  }

  /**
   * The subject of a cell.
   *
   * @param cell the cell
   * @return its data, model and defense
   */
  public Subject subject(Cell cell) {
    return new Subject(cell.data(), cell.model(), defenseLabels.of(cell.defense()));
  }

  private static Subject undefended(Subject subject) {
    return new Subject(subject.data(), subject.model(), MethodRef.NONE);
  }

  private Utility utility(Subject subject) {
    List<Entry.Baseline> cells = baselines.get(subject);
    Entry.Baseline first = cells.get(0);
    int[] labels = labels(subject.data()).orElseThrow();
    double correct = 0;
    double refused = 0;
    for (Entry.Baseline cell : cells) {
      for (int i = 0; i < labels.length; i++) {
        correct += cell.predictions()[i] == labels[i] ? 1 : 0;
        refused += cell.predictions()[i] < 0 ? 1 : 0;
      }
    }
    double total = (double) labels.length * cells.size();
    double millis = fastest(cells);
    List<Entry.Baseline> control = baselines.getOrDefault(undefended(subject), List.of());
    boolean compared = !first.cell().defense().isNone() && !control.isEmpty();
    return new Utility(
        subject,
        first.cell().defense(),
        Figure.of(correct / total, labels.length, Tally.IMAGES, cells.size()),
        Figure.of(refused / total, labels.length, Tally.IMAGES, cells.size()),
        millis,
        control.isEmpty() ? Double.NaN : millis / fastest(control),
        cells.stream().anyMatch(Entry.Baseline::random),
        cells.stream().mapToInt(Entry.Baseline::zeroGradients).max().orElse(-1),
        cells.stream().mapToInt(Entry.Baseline::badGradients).max().orElse(-1),
        first.highest(),
        compared ? PairedTest.of(right(first, labels), right(control.get(0), labels)) : null);
  }

  private static double fastest(List<Entry.Baseline> cells) {
    return cells.stream().mapToDouble(Entry.Baseline::millisPerImage).min().orElse(Double.NaN);
  }

  private static boolean[] right(Entry.Baseline cell, int[] labels) {
    boolean[] right = new boolean[labels.length];
    for (int i = 0; i < right.length; i++) {
      right[i] = cell.predictions()[i] == labels[i];
    }
    return right;
  }

  private Row row(Key key, Tally tally) {
    Cell cell = tally.first().cell();
    Tally control = tallies.get(new Key(undefended(key.subject), key.attack));
    boolean undefended = cell.defense().isNone();
    double radius = queriesRadius(key, tally, control == null ? tally : control);
    List<String> adaptive =
        baselines.getOrDefault(key.subject, List.of()).stream()
            .flatMap(b -> b.adaptive().stream())
            .toList();
    return new Row(
        key.subject,
        cell.defense(),
        cell.attack(),
        key.attack,
        adaptive.contains(cell.attack().id()),
        tally.clean(),
        tally.success(),
        tally.robust(),
        tally.successAfterRounding(),
        undefended
            ? Control.IS_CONTROL
            : control == null ? Control.ABSENT : Control.of(control.success()),
        undefended || control == null
            ? null
            : PairedTest.of(tally.withstood(), control.withstood()),
        Double.NaN,
        tally.queries(radius),
        tally.traced() ? radius : Double.NaN,
        tally.meanQueries(),
        tally.distances(),
        tally.first().norm(),
        tally.seconds());
  }

  /** The campaign's largest ball in the attack's norm; without one what half of its wins need. */
  private double queriesRadius(Key key, Tally tally, Tally control) {
    String norm = tally.first().norm();
    double radius = 0;
    for (Map.Entry<Key, Tally> other : tallies.entrySet()) {
      MethodRef attack = other.getValue().first().cell().attack();
      if (other.getKey().subject.data().equals(key.subject.data()) && norm.equals(attack.norm())) {
        radius = Math.max(radius, attack.epsilon());
      }
    }
    return radius > 0 ? radius : control.distances().median();
  }

  private static List<Row> corrected(java.util.stream.Stream<Row> all) {
    List<Row> rows = new ArrayList<>(all.toList());
    int[] compared =
        java.util.stream.IntStream.range(0, rows.size())
            .filter(i -> rows.get(i).againstUndefended() != null)
            .toArray();
    double[] p = new double[compared.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = rows.get(compared[i]).againstUndefended().midP();
    }
    double[] adjusted = MultipleComparisons.holm(p);
    for (int i = 0; i < p.length; i++) {
      rows.set(compared[i], rows.get(compared[i]).withAdjustedP(adjusted[i]));
    }
    return List.copyOf(rows);
  }

  /**
   * The entries that the figures come from.
   *
   * @return the ledger
   */
  public Ledger ledger() {
    return ledger;
  }

  /**
   * One row for each attack on each subject.
   *
   * @return the rows in the campaign's order
   */
  public List<Row> rows() {
    return rows;
  }

  /**
   * Finds a row.
   *
   * @param subject model and defense
   * @param attack the attack's label
   * @return the row, if that attack ran there
   */
  public Optional<Row> row(Subject subject, String attack) {
    return rows.stream()
        .filter(row -> row.subject().equals(subject) && row.label().equals(attack))
        .findFirst();
  }

  /**
   * What each defense costs without attack.
   *
   * @return one for each subject, in the campaign's order
   */
  public List<Utility> utilities() {
    return utilities;
  }

  /**
   * The subjects that were measured.
   *
   * @return in the campaign's order
   */
  public List<Subject> subjects() {
    return List.copyOf(baselines.keySet());
  }

  /**
   * The attacks' labels.
   *
   * @return in the campaign's order
   */
  public List<String> attacks() {
    LinkedHashSet<String> labels = new LinkedHashSet<>();
    tallies.keySet().forEach(key -> labels.add(key.attack));
    return List.copyOf(labels);
  }

  /**
   * The label of an attack.
   *
   * @param attack the attack
   * @return its short, unique name
   */
  public String label(MethodRef attack) {
    return attackLabels.of(attack);
  }

  /**
   * The label of a defense.
   *
   * @param defense the defense
   * @return its short, unique name
   */
  public String defenseLabel(MethodRef defense) {
    return defenseLabels.of(defense);
  }

  /**
   * The settings of a method in words.
   *
   * @param method the method
   * @return such as {@code steps 20, restarts 1}; empty if it has none
   */
  public static String settings(MethodRef method) {
    List<String> parts = new ArrayList<>();
    Labels.settings(method.config()).forEach((field, value) -> parts.add(field + " " + value));
    return String.join(", ", parts);
  }

  /**
   * Why some figures should not be taken at face value.
   *
   * @return the doubts; empty if there is none
   */
  public List<Doubt> doubts() {
    return doubts;
  }

  /**
   * The balls that attacks on some data keep to.
   *
   * @param data id of the data's source
   * @return distinct balls, the one that most attacks share first
   */
  public List<Radius> radii(String data) {
    Map<Radius, Integer> counts = new LinkedHashMap<>();
    LinkedHashSet<String> seen = new LinkedHashSet<>();
    for (Row row : rows) {
      MethodRef attack = row.attack();
      if (row.subject().data().equals(data) && attack.norm() != null && seen.add(row.label())) {
        counts.merge(new Radius(attack.norm(), attack.epsilon()), 1, Integer::sum);
      }
    }
    List<Radius> radii = new ArrayList<>(counts.keySet());
    radii.sort(
        Comparator.<Radius>comparingInt(r -> -counts.get(r))
            .thenComparing(Radius::norm, Comparator.reverseOrder())
            .thenComparingDouble(r -> -r.epsilon()));
    return radii;
  }

  /**
   * What is left of a subject's accuracy in a ball when each image is attacked by whatever works
   * best on it.
   *
   * @param subject model and defense
   * @param radius the ball
   * @return the figure; empty if no attack ran on the subject
   */
  public Optional<Worst> worst(Subject subject, Radius radius) {
    List<Map.Entry<Key, Tally>> on =
        tallies.entrySet().stream().filter(e -> e.getKey().subject.equals(subject)).toList();
    if (on.isEmpty()) {
      return Optional.empty();
    }
    int[] labels = labels(subject.data()).orElseThrow();
    double[] broken = new double[labels.length];
    String strongest = "";
    double most = 0;
    boolean landed = false;
    for (Map.Entry<Key, Tally> entry : on) {
      double[] alone = entry.getValue().brokenWithin(radius.norm, radius.epsilon);
      double sum = 0;
      for (int i = 0; i < broken.length; i++) {
        broken[i] = Math.max(broken[i], alone[i]);
        sum += alone[i];
      }
      if (sum > most) {
        most = sum;
        strongest = entry.getKey().attack;
      }
      landed |= landedWithin(entry.getKey(), radius);
    }
    return Optional.of(
        new Worst(
            subject,
            radius.norm,
            radius.epsilon,
            left(on, labels, broken),
            on.size(),
            strongest,
            !landed));
  }

  private boolean landedWithin(Key key, Radius radius) {
    Tally control = tallies.get(new Key(undefended(key.subject), key.attack));
    if (control == null) {
      return false;
    }
    double sum = 0;
    for (double share : control.brokenWithin(radius.norm, radius.epsilon)) {
      sum += share;
    }
    double correct = control.clean().value() * control.clean().trials();
    return correct > 0 && sum / correct >= Control.FLOOR;
  }

  /** Accuracy is the first attack's: every attack of a subject saw the same clean images. */
  private static Figure left(List<Map.Entry<Key, Tally>> on, int[] labels, double[] broken) {
    Tally tally = on.get(0).getValue();
    double left = 0;
    for (Entry.Attacked cell : tally.cells()) {
      for (int i = 0; i < labels.length; i++) {
        left += cell.before()[i] == labels[i] ? Math.max(0, 1 - broken[i]) : 0;
      }
    }
    double share = left / labels.length / tally.cells().size();
    return Figure.of(share, labels.length, Tally.IMAGES, tally.cells().size());
  }

  /**
   * Accuracy against the radius, under whatever attack works best on each image.
   *
   * @param data id of the data's source
   * @param norm the balls' norm, {@code LINF} or {@code L2}
   * @return one curve for each subject that was attacked; empty if no attack uses that norm
   */
  public List<Worst.Curve> curves(String data, String norm) {
    List<Double> radii = gridOf(data, norm);
    List<Worst.Curve> curves = new ArrayList<>();
    if (radii.isEmpty()) {
      return curves;
    }
    for (Subject subject : baselines.keySet()) {
      if (subject.data().equals(data)) {
        List<Worst> points = new ArrayList<>();
        for (double radius : radii) {
          worst(subject, new Radius(norm, radius)).ifPresent(points::add);
        }
        if (!points.isEmpty()) {
          curves.add(new Worst.Curve(subject, norm, List.copyOf(points)));
        }
      }
    }
    return curves;
  }

  private List<Double> gridOf(String data, String norm) {
    double bounded = 0;
    List<Double> free = new ArrayList<>();
    TreeSet<Double> grid = new TreeSet<>();
    for (Map.Entry<Key, Tally> entry : tallies.entrySet()) {
      Tally tally = entry.getValue();
      MethodRef attack = tally.first().cell().attack();
      if (!entry.getKey().subject.data().equals(data) || !tally.first().norm().equals(norm)) {
        continue;
      }
      if (attack.norm() != null) {
        bounded = Math.max(bounded, attack.epsilon());
        grid.add(attack.epsilon());
      } else {
        free.addAll(tally.winningDistances(norm));
      }
    }
    free.sort(Comparator.naturalOrder());
    double reach = free.isEmpty() ? 0 : free.get((int) Math.floor(0.9 * (free.size() - 1)));
    double end = bounded > 0 ? bounded : reach;
    if (end <= 0) {
      return List.of();
    }
    for (int i = 0; i <= CURVE_POINTS; i++) {
      grid.add(end * i / CURVE_POINTS);
    }
    return new ArrayList<>(grid);
  }

  /** For each image of a row's first cell, whether the attack won it. */
  boolean[] won(Row row) {
    return tallies.get(new Key(row.subject(), row.label())).won();
  }

  Tally tally(Row row) {
    return tallies.get(new Key(row.subject(), row.label()));
  }

  /**
   * The examples of a row.
   *
   * @param row the row
   * @return a few images that the attack won, from its first cell that has some
   */
  public List<Example> examples(Row row) {
    return tally(row).cells().stream()
        .map(Entry.Attacked::examples)
        .filter(examples -> !examples.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  /**
   * The sum of all cells' wall times.
   *
   * @return seconds
   */
  public double seconds() {
    return sum(ledger.baselines().stream().map(Entry.Baseline::seconds).toList())
        + sum(ledger.attacked().stream().map(Entry.Attacked::seconds).toList());
  }

  private static double sum(Collection<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sum();
  }
}
