package org.safety4j.examples;

import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.safety4j.examples.check.Finding;
import org.safety4j.examples.check.FolderCheck;

/**
 * Opens models and compares them with what a reference implementation made of the same inputs.
 *
 * <p>A line an output: folder, output, largest absolute error, the same relative to the largest
 * value, {@code ok} or {@code OFF}; fields are separated by tabs. What is wrong with a folder is
 * said on the error stream. Ends with 1 if anything is off or cannot be opened, with 2 if the
 * arguments are wrong. {@code --help} tells what a folder may hold.
 */
public final class CheckModel {
  private static final String USAGE =
      """
      CheckModel [--pictures FOLDER] FOLDER...: compares models with a reference.

        FOLDER  a model in the layout of Hugging Face or diffusers, or a GGUF or TorchScript file,
                and beside it
                  io.safetensors         inputs (in.X), outputs (out.X), cotangents (vjp.X) and
                                         gradients (grad.X) of a reference; or
                  reference.safetensors  and reference.json: chats, sentences or pictures, and what
                                         the reference makes of them; or
                  *.jsonl                chat templates and rendered chats;
                a folder with a model alone is opened and described
        --pictures FOLDER  where the pictures lie that reference.json names

      Prints for each output, separated by tabs: folder, output, largest absolute error, largest
      error relative to the largest value, ok or OFF. Outputs may be off by 1e-4, gradients by 1e-3
      of the largest value. Ends with 1 if anything is off or cannot be opened.
      """;

  private static final int OFF = 1;
  private static final int WRONG_ARGUMENTS = 2;

  private CheckModel() {}

  /**
   * Checks folders; ends the process with 1 if anything is off, with 2 if the arguments are wrong.
   *
   * @param args folders; see {@code --help}
   */
  public static void main(String[] args) {
    int code = run(args, System.out, System.err);
    if (code != 0) {
      System.exit(code);
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    List<String> folders = new ArrayList<>();
    List<Path> pictures = new ArrayList<>();
    try {
      for (int i = 0; i < args.length; i++) {
        switch (args[i]) {
          case "--help", "-h" -> {
            out.print(USAGE);
            return 0;
          }
          case "--pictures" -> {
            if (i + 1 == args.length) {
              return wrong("--pictures needs a folder", err);
            }
            pictures.add(Path.of(args[++i]));
          }
          default -> {
            if (args[i].startsWith("--")) {
              return wrong("unknown argument \"" + args[i] + "\"", err);
            }
            Path.of(args[i]);
            folders.add(args[i]);
          }
        }
      }
    } catch (InvalidPathException e) {
      return wrong("\"" + e.getInput() + "\" is not a path", err);
    }
    if (folders.isEmpty()) {
      return wrong("name at least one folder", err);
    }
    boolean ok = true;
    List<Path> all = folders.stream().map(Path::of).toList();
    for (String folder : folders) {
      ok &= check(folder, all, pictures, out, err);
    }
    return ok ? 0 : OFF;
  }

  private static boolean check(
      String folder, List<Path> others, List<Path> pictures, PrintStream out, PrintStream err) {
    String name = folder.replaceAll("\\p{Cntrl}", "?");
    FolderCheck check = FolderCheck.of(Path.of(folder), others, pictures);
    for (String remark : check.remarks()) {
      err.println("CheckModel: " + name + ": " + remark);
    }
    boolean ok = true;
    for (Finding finding : check.findings()) {
      out.println(name + "\t" + finding.fields());
      if (finding.note() != null) {
        err.println("CheckModel: " + name + ": " + finding.output() + ": " + finding.note());
      }
      ok &= finding.ok();
    }
    out.flush();
    return ok;
  }

  private static int wrong(String what, PrintStream err) {
    err.println("CheckModel: " + what + "; --help tells more");
    return WRONG_ARGUMENTS;
  }
}
