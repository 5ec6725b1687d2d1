package org.safety4j.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.safety4j.attacks.vision.adversarial.Apgd;
import org.safety4j.attacks.vision.adversarial.AutoAttack;
import org.safety4j.attacks.vision.adversarial.DeepFool;
import org.safety4j.attacks.vision.adversarial.Fgsm;
import org.safety4j.attacks.vision.adversarial.HopSkipJump;
import org.safety4j.attacks.vision.adversarial.Pgd;
import org.safety4j.attacks.vision.adversarial.Square;
import org.safety4j.bench.campaign.Campaign;
import org.safety4j.bench.campaign.None;
import org.safety4j.bench.campaign.Workers;
import org.safety4j.bench.report.Report;
import org.safety4j.core.error.SafetyException;
import org.safety4j.core.run.Budget;
import org.safety4j.datasets.images.Digits;
import org.safety4j.datasets.zoo.Zoo;
import org.safety4j.defenses.vision.adversarial.BitDepth;
import org.safety4j.defenses.vision.adversarial.FeatureSqueezing;
import org.safety4j.defenses.vision.adversarial.JpegCompression;

/**
 * The main job: attacks models with and without defenses, prints what is left of their accuracy,
 * and writes a report to look at. {@code --help} lists the arguments.
 */
public final class SafetyAudit {
  private static final int WRONG_ARGUMENTS = 2;

  private SafetyAudit() {}

  /**
   * Runs the audit; ends the process with 2 if the arguments or what they name are wrong.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    int code = run(args, System.out, System.err);
    if (code != 0) {
      System.exit(code);
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    try {
      AuditOptions options = AuditOptions.parse(args);
      if (options.help()) {
        out.print(AuditOptions.USAGE);
        return 0;
      }
      audit(options, out, err);
      return 0;
    } catch (AuditOptions.Wrong e) {
      err.println("SafetyAudit: " + e.getMessage() + "; --help lists the arguments");
      return WRONG_ARGUMENTS;
    } catch (SafetyException e) {
      err.println("SafetyAudit: " + e.getMessage());
      return WRONG_ARGUMENTS;
    } catch (IOException e) {
      err.println("SafetyAudit: cannot read or write: " + e);
      return WRONG_ARGUMENTS;
    }
  }

  private static void audit(AuditOptions options, PrintStream out, PrintStream err)
      throws IOException {
    shareProcessors(options.threads());
    Path journal = options.out().resolve("campaign.jsonl");
    Files.createDirectories(options.out());
    if (!options.resume()) {
      Files.deleteIfExists(journal);
    }
    Campaign campaign = options.model() == null ? bundled(options) : own(options, err);
    Report report =
        campaign
            .seeds(options.seed())
            .journal(journal)
            .showProgress()
            .run(Workers.local(options.threads()));
    out.print(report.table());
    report.html(options.out().resolve("index.html"));
    report.markdown(options.out().resolve("report.md"));
    report.jsonLines(options.out().resolve("figures.jsonl"));
    out.println();
    out.println("report: " + options.out().resolve("index.html"));
  }

  /** Several attacks at once share the processors better than several threads of one do. */
  private static void shareProcessors(int threads) {
    String name = "ai.djl.pytorch.num_threads";
    if (System.getProperty(name) == null && System.getenv("OMP_NUM_THREADS") == null) {
      int share = Math.max(1, Runtime.getRuntime().availableProcessors() / threads);
      System.setProperty(name, Integer.toString(share));
    }
  }

  /** AutoAttack is shortened, from 100 steps and 5,000 queries, to keep the job within minutes. */
  private static Campaign bundled(AuditOptions options) {
    return Campaign.named("Handwritten digits")
        .models(Zoo.digitsVit(), Zoo.digitsVitPgd())
        .on(Digits.test().first(options.count()))
        .attacks(
            Fgsm.linf(0.1),
            Pgd.linf(0.05),
            Pgd.linf(0.1),
            Pgd.linf(0.2),
            Apgd.linf(0.1),
            AutoAttack.standard(0.1).withSteps(10).withQueries(100),
            DeepFool.l2(),
            Square.linf(0.1),
            HopSkipJump.linf(0.1))
        .defenses(
            None.defense(),
            JpegCompression.quality(60),
            BitDepth.bits(2),
            FeatureSqueezing.blackAndWhite())
        .withData(Digits.train().first(200))
        .budget(Budget.queries(250))
        .budget(AutoAttack.standard(0.1).info().id(), Budget.unlimited());
  }

  private static Campaign own(AuditOptions options, PrintStream err) throws IOException {
    OwnModel model = OwnModel.of(options.model());
    OwnImages images =
        new OwnImages(options.images().toString(), options.model().toString(), options.count());
    if (!images.labeled()) {
      err.println(
          "the pictures have no labels: the model's own answers count as right, so its accuracy"
              + " without attack is 100 % by definition");
    }
    return Campaign.named(model.id())
        .models(model)
        .on(images)
        .attacks(
            Fgsm.linf(2 / 255.0),
            Pgd.linf(1 / 255.0).withSteps(10),
            Pgd.linf(2 / 255.0).withSteps(10),
            Pgd.linf(4 / 255.0).withSteps(10),
            DeepFool.l2(),
            Square.linf(8 / 255.0),
            HopSkipJump.linf(8 / 255.0))
        .defenses(None.defense(), JpegCompression.quality(60))
        .budget(Budget.queries(250));
  }
}
