package org.safety4j.core.text.jinja;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.safety4j.core.error.InvalidModelFile;

/** A parsed template; immutable and safe for many threads. */
public final class Template {
  private final String what;
  private final List<Statement> body;

  private Template(String what, List<Statement> body) {
    this.what = what;
    this.body = body;
  }

  /**
   * Parses a template.
   *
   * @param what how errors name the template, for instance {@code chat template of
   *     tokenizer_config.json}
   * @param source its text, at most 262,144 characters
   * @return the template
   * @throws InvalidModelFile if it is longer, malformed, nested too deeply or uses what is not
   *     supported; with the line
   */
  public static Template parse(String what, String source) {
    if (source.length() > Limits.SOURCE) {
      throw new InvalidModelFile(
          what
              + " has "
              + source.length()
              + " characters, more than the "
              + Limits.SOURCE
              + " allowed");
    }
    return new Template(what, Parser.parse(what, source));
  }

  /**
   * Renders the template.
   *
   * @param variables plain data by name: text, numbers, booleans, null, lists, maps; copied
   * @param clock what {@code strftime_now} reads
   * @return the output
   * @throws IllegalArgumentException if the template refuses the variables or cannot work with
   *     them; with the line
   * @throws InvalidModelFile if rendering takes too many steps or nests too deeply, or a text grows
   *     too long
   */
  public String render(Map<String, ?> variables, Clock clock) {
    Machine machine = new Machine(what, clock);
    Frame frame = new Frame(Globals.frame());
    variables.forEach((name, value) -> frame.set(name, Values.of(value, 0)));
    StringBuilder out = new StringBuilder();
    Statement.all(body, machine, frame, out);
    return out.toString();
  }
}
