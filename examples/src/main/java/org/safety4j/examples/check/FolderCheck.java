package org.safety4j.examples.check;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.load.HfConfig;

/**
 * Opens what lies in a folder and compares it with the reference that lies beside it. What a folder
 * is, its files tell, not its name.
 *
 * @param findings what was found, one finding an output
 * @param remarks what else there is to say
 */
public record FolderCheck(List<Finding> findings, List<String> remarks) {
  private static final String IO = "io.safetensors";
  private static final String CONFIG = "config.json";
  private static final String PIPELINE = "model_index.json";
  private static final int MAX_MESSAGE = 400;

  /**
   * Checks a folder. Whatever is wrong with it becomes a finding.
   *
   * @param folder the folder, or the file of a model
   * @param others folders where a model may lie that this one builds upon
   * @param pictures folders where the pictures of a reference may lie
   * @return what was found, at least one finding
   */
  public static FolderCheck of(Path folder, List<Path> others, List<Path> pictures) {
    Findings findings = new Findings();
    try {
      check(folder, others, pictures, findings);
    } catch (RuntimeException e) {
      findings.add(Finding.failed("model", message(e)));
    } catch (OutOfMemoryError e) {
      findings.add(Finding.failed("model", "does not fit into memory"));
    } catch (StackOverflowError e) {
      findings.add(Finding.failed("model", "is nested too deeply"));
    }
    return new FolderCheck(findings.all(), findings.remarks());
  }

  private static String message(RuntimeException e) {
    String text = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= MAX_MESSAGE ? line : line.substring(0, MAX_MESSAGE) + "...";
  }

  private static void check(
      Path folder, List<Path> others, List<Path> pictures, Findings findings) {
    if (!Files.isDirectory(folder)) {
      if (!Files.exists(folder)) {
        throw new InvalidModelFile(folder + ": no such folder");
      }
      findings.add(Finding.seen(Description.of(folder)));
    } else if (has(folder, IO)) {
      try (Reference reference = Reference.open(folder.resolve(IO), findings)) {
        fixture(folder, others, reference);
      }
    } else if (has(folder, RealModelChecks.TENSORS)) {
      try (Reference reference =
          Reference.open(folder.resolve(RealModelChecks.TENSORS), findings)) {
        RealModelChecks.check(folder, pictures, reference);
      }
    } else if (TemplateCheck.file(folder) != null) {
      TemplateCheck.check(TemplateCheck.file(folder), findings);
    } else {
      findings.add(Finding.seen(Description.of(folder)));
    }
  }

  private static void fixture(Path folder, List<Path> others, Reference reference) {
    if (has(folder, AdapterCheck.CONFIG)) {
      AdapterCheck.check(folder, others, reference);
    } else if (has(folder, CONFIG)) {
      switch (HfConfig.read(folder.resolve(CONFIG)).string("_class_name", "")) {
        case "" -> ModelChecks.model(folder, reference);
        case "UNet2DModel", "UNet2DConditionModel" -> ModelChecks.denoiser(folder, reference);
        case "AutoencoderKL" -> ModelChecks.codec(folder, reference);
        default ->
            throw new UnsupportedModel(
                folder.resolve(CONFIG)
                    + ": a part that is neither UNet2DModel, UNet2DConditionModel nor AutoencoderKL");
      }
    } else if (has(folder, PIPELINE)) {
      reference.findings().add(Finding.seen(Description.of(folder)));
      reference.findings().remark(IO + " is of a pipeline and is not compared");
    } else if (SamplerCheck.isFor(reference)) {
      SamplerCheck.check(reference);
    } else if (PreprocessorCheck.isFor(reference)) {
      PreprocessorCheck.check(folder, reference);
    } else {
      throw new InvalidModelFile(
          folder
              + ": neither a model ("
              + CONFIG
              + ", "
              + AdapterCheck.CONFIG
              + ") nor references of samplers or image processors are there");
    }
  }

  private static boolean has(Path folder, String file) {
    return Files.isRegularFile(folder.resolve(file));
  }
}
