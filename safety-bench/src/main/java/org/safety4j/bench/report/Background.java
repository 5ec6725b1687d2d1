package org.safety4j.bench.report;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Cell;
import org.safety4j.bench.stats.Entry;
import org.safety4j.bench.stats.MethodRef;

/** Where the figures come from, and what they mean. */
final class Background {
  private final String name;
  private final Analysis analysis;

  Background(String name, Analysis analysis) {
    this.name = name;
    this.analysis = analysis;
  }

  List<Element> sections() {
    return List.of(
        Page.section("Methods", "Identifiers are those of the library's catalogue.").add(methods()),
        Page.section("Provenance", "What is needed to run this again.").add(provenance()),
        Page.section("What the numbers mean", "Denominators and intervals.").add(glossary()));
  }

  private Element methods() {
    Map<String, MethodRef> methods = new LinkedHashMap<>();
    for (Entry.Baseline baseline : analysis.ledger().baselines()) {
      MethodRef defense = baseline.cell().defense();
      if (!defense.isNone()) {
        methods.putIfAbsent("defense\n" + analysis.defenseLabel(defense), defense);
      }
    }
    for (Entry.Attacked attack : analysis.ledger().attacked()) {
      MethodRef ref = attack.cell().attack();
      methods.putIfAbsent("attack\n" + analysis.label(ref), ref);
    }
    Element body = Element.of("tbody");
    methods.forEach(
        (key, method) ->
            body.add(
                Element.of("tr")
                    .add(
                        Element.of("td").text(key.substring(key.indexOf('\n') + 1)),
                        Element.of("td").add(Element.of("code").text(method.id())),
                        Element.of("td").text(key.substring(0, key.indexOf('\n'))),
                        Element.of("td", "small", Analysis.settings(method)),
                        Element.of("td", "small", method.source()))));
    return Details.table(List.of("Name", "Id", "Kind", "Settings", "Source"), body);
  }

  private Element provenance() {
    Element list = Element.of("dl", "facts");
    fact(list, "Campaign", name);
    for (Entry.Data data : analysis.ledger().data().values()) {
      fact(
          list,
          "Data",
          data.id()
              + ", "
              + data.labels().length
              + " images of shape "
              + java.util.Arrays.toString(data.shape())
              + ", checksum "
              + data.checksum());
    }
    for (Entry.Model model : analysis.ledger().models().values()) {
      fact(
          list,
          "Model",
          model.id()
              + ", "
              + model.architecture()
              + (model.parameters() > 0
                  ? ", " + Format.number(model.parameters()) + " parameters"
                  : "")
              + ", "
              + model.classes()
              + " classes"
              + (model.origin().isEmpty() ? "" : ", from " + model.origin())
              + (model.licence().isEmpty() ? "" : ", " + model.licence()));
    }
    Set<Long> seeds = new TreeSet<>();
    Set<String> libraries = new LinkedHashSet<>();
    for (Entry.Baseline baseline : analysis.ledger().baselines()) {
      Cell cell = baseline.cell();
      seeds.add(cell.seed());
      libraries.add(cell.library());
    }
    fact(list, "Seeds", seeds.toString().replaceAll("[\\[\\]]", ""));
    fact(list, "Library", "Safety4J " + String.join(", ", libraries));
    for (Entry.Session session : analysis.ledger().sessions()) {
      StringBuilder environment = new StringBuilder();
      session
          .environment()
          .forEach(
              (key, value) ->
                  environment
                      .append(environment.isEmpty() ? "" : ", ")
                      .append(key)
                      .append(' ')
                      .append(value));
      fact(list, "Run", session.started() + ", " + environment);
    }
    return list;
  }

  private static void fact(Element list, String key, String value) {
    list.add(Element.of("dt").text(key), Element.of("dd").text(value));
  }

  private static Element glossary() {
    Element list = Element.of("dl", "facts");
    fact(
        list,
        "Accuracy left",
        "Of all images: those classified correctly before the attack and still after it. Images that"
            + " the model got wrong by itself count against it.");
    fact(
        list,
        "Success",
        "Of the images classified correctly before: those for which the attack found a valid image"
            + " that is classified wrongly. Every success is measured again on the model; an image"
            + " outside the ball, outside [0, 1] or not finite counts as a failure, and so does one"
            + " that the model refuses.");
    fact(
        list,
        "All attacks",
        "Each image is attacked by whatever works best on it; only changes within the ball that"
            + " is named count, whichever attack found them.");
    fact(
        list,
        "Positive control",
        "The same attack in the same configuration on the undefended model. It has landed if it wins"
            + " at least a tenth of the images there. Only then does its failure against a defense"
            + " count for the defense.");
    fact(
        list,
        "Against undefended, p",
        "Accuracy left with the defense minus accuracy left without, on the same images, with"
            + " Newcombe's interval; McNemar's mid-p value, Holm-corrected over all rows.");
    fact(
        list,
        "Intervals",
        "95 % Wilson score intervals. Several seeds or draws of the same images are averaged and do"
            + " not narrow the interval.");
    fact(
        list,
        "Random defenses",
        "A defense is random if two draws of it answer differently. The attack then works against"
            + " one draw and is judged by a fresh one.");
    fact(
        list,
        "Queries",
        "Images that the model was asked, gradients included, as the attack spent them on each"
            + " image. Images never won stay in the denominator of the curves. An attack that minimises a"
            + " distance wins an image in them when it is within the distance that the curve names.");
    fact(
        list,
        "At 8 bits",
        "The success rate once adversarial images are rounded to 256 levels, as a picture file"
            + " stores them.");
    return list;
  }
}
