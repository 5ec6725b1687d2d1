package org.safety4j.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.safety4j.core.error.SafetyException;

/** The arguments of an example: some in order, then options with a value each. */
final class Arguments {
  private static final int WRONG = 2;

  private final List<String> ordered = new ArrayList<>();
  private final Map<String, String> options = new HashMap<>();

  /** An argument that cannot be understood. */
  static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message);
    }
  }

  /** What an example does. */
  @FunctionalInterface
  interface Body {
    void run(Arguments arguments) throws Wrong, IOException;
  }

  /**
   * Reads arguments and runs an example with them.
   *
   * @param usage the help text, which begins with the example's name
   * @param names what the arguments in order are called in messages; in brackets those that may be
   *     left out
   * @param options names of the options
   * @return 0, or 2 if the arguments or what they name are wrong
   */
  static int run(
      String usage,
      List<String> names,
      Set<String> options,
      String[] args,
      PrintStream out,
      PrintStream err,
      Body body) {
    String name = usage.split("\\W", 2)[0];
    try {
      if (List.of(args).contains("--help")) {
        out.print(usage);
        return 0;
      }
      body.run(parse(names, options, args));
      return 0;
    } catch (Wrong e) {
      err.println(name + ": " + e.getMessage() + "; --help tells more");
    } catch (SafetyException | IllegalArgumentException e) {
      err.println(name + ": " + e.getMessage());
    } catch (IOException e) {
      err.println(name + ": cannot read or write: " + e.getMessage());
    }
    return WRONG;
  }

  private static Arguments parse(List<String> names, Set<String> options, String[] args)
      throws Wrong {
    Arguments arguments = new Arguments();
    for (int i = 0; i < args.length; i++) {
      if (!args[i].startsWith("--")) {
        arguments.ordered.add(args[i]);
      } else if (!options.contains(args[i])) {
        throw new Wrong("unknown option \"" + args[i] + "\"");
      } else if (i + 1 == args.length) {
        throw new Wrong(args[i] + " needs a value");
      } else {
        arguments.options.put(args[i], args[++i]);
      }
    }
    long needed = names.stream().filter(name -> !name.startsWith("[")).count();
    if (arguments.ordered.size() < needed) {
      throw new Wrong(names.get(arguments.ordered.size()) + " is missing");
    }
    if (arguments.ordered.size() > names.size()) {
      throw new Wrong("\"" + arguments.ordered.get(names.size()) + "\" is one argument too many");
    }
    return arguments;
  }

  boolean has(int position) {
    return position < ordered.size();
  }

  String text(int position) {
    return ordered.get(position);
  }

  Path path(int position) throws Wrong {
    return path(ordered.get(position));
  }

  double number(int position, String name) throws Wrong {
    return number(name, ordered.get(position), Double.NEGATIVE_INFINITY, Double.MAX_VALUE);
  }

  boolean has(String option) {
    return options.containsKey(option);
  }

  String text(String option, String orElse) {
    return options.getOrDefault(option, orElse);
  }

  Path path(String option, String orElse) throws Wrong {
    return path(text(option, orElse));
  }

  private static Path path(String text) throws Wrong {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new Wrong("\"" + text + "\" is not a path");
    }
  }

  long integer(String option, long orElse, long min, long max) throws Wrong {
    return has(option) ? integer(option, text(option, ""), min, max) : orElse;
  }

  static long integer(String name, String text, long min, long max) throws Wrong {
    try {
      long value = Long.parseLong(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new Wrong(name + " " + text + ": not a whole number");
    }
    throw new Wrong(name + " " + text + ": must be in [" + min + ", " + max + "]");
  }

  double number(String option, double orElse, double min, double max) throws Wrong {
    return has(option) ? number(option, text(option, ""), min, max) : orElse;
  }

  private static double number(String name, String text, double min, double max) throws Wrong {
    try {
      double value = Double.parseDouble(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new Wrong(name + " " + text + ": not a number");
    }
    throw new Wrong(name + " " + text + ": must be in [" + min + ", " + max + "]");
  }
}
