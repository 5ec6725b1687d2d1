package org.safety4j.bench.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.safety4j.bench.journal.Journal;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Ledger;

/**
 * A campaign's figures, to be written as a page, as Markdown, as lines of JSON or as a plain table.
 * Everything is computed from the campaign's ledger; a journal alone is enough.
 *
 * <pre>{@code
 * Report.read(Path.of("runs/digits.jsonl")).html(Path.of("runs/digits.html"));
 * }</pre>
 */
public final class Report {
  private final String name;
  private final Analysis analysis;

  private Report(String name, Analysis analysis) {
    this.name = name;
    this.analysis = analysis;
  }

  /**
   * Reports a ledger.
   *
   * @param name the campaign's name
   * @param ledger its entries
   * @return the report
   */
  public static Report of(String name, Ledger ledger) {
    return new Report(name, Analysis.of(ledger));
  }

  /**
   * Reports everything that stands in a journal.
   *
   * @param journal the journal's file
   * @return the report
   * @throws org.safety4j.core.error.InvalidDataFile if the file is no campaign's journal, or is
   *     damaged
   */
  public static Report read(Path journal) {
    Ledger ledger = Ledger.read(Journal.read(journal)).sorted();
    String name =
        ledger.sessions().isEmpty()
            ? journal.getFileName().toString()
            : ledger.sessions().get(0).campaign();
    return of(name, ledger);
  }

  /**
   * The campaign's name.
   *
   * @return the name
   */
  public String name() {
    return name;
  }

  /**
   * The figures.
   *
   * @return the analysis that every form of this report is written from
   */
  public Analysis analysis() {
    return analysis;
  }

  /**
   * Writes one self-contained page: no script, no font, no picture from elsewhere.
   *
   * @param file the file; missing parent folders are made
   * @throws UncheckedIOException if it cannot be written
   */
  public void html(Path file) {
    write(file, new Page(name, analysis).render());
  }

  /**
   * Writes the tables as Markdown.
   *
   * @param file the file; missing parent folders are made
   * @throws UncheckedIOException if it cannot be written
   */
  public void markdown(Path file) {
    write(file, new Markdown(name, analysis).render());
  }

  /**
   * Writes one line of JSON for each figure: utilities, rows, worst cases and doubts.
   *
   * @param file the file; missing parent folders are made
   * @throws UncheckedIOException if it cannot be written
   */
  public void jsonLines(Path file) {
    write(file, new JsonLines(name, analysis).render());
  }

  /**
   * The figures as a table for a terminal: accuracy left under each attack.
   *
   * @return lines of text, the last one ended
   */
  public String table() {
    return new TextTable(analysis).render();
  }

  private static void write(Path file, String text) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, text, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** The tables. */
  @Override
  public String toString() {
    return table();
  }
}
