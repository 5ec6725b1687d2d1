package org.safety4j.bench.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.safety4j.bench.stats.Analysis;
import org.safety4j.bench.stats.Doubt;
import org.safety4j.bench.stats.Figure;
import org.safety4j.bench.stats.Row;
import org.safety4j.bench.stats.Subject;
import org.safety4j.bench.stats.Utility;

/** One JSON object a line for each figure. */
final class JsonLines {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String name;
  private final Analysis analysis;
  private final StringBuilder out = new StringBuilder();

  JsonLines(String name, Analysis analysis) {
    this.name = name;
    this.analysis = analysis;
  }

  String render() {
    analysis.utilities().forEach(this::utility);
    analysis.rows().forEach(this::row);
    for (Subject subject : analysis.subjects()) {
      for (Analysis.Radius radius : analysis.radii(subject.data())) {
        analysis
            .worst(subject, radius)
            .ifPresent(
                worst -> {
                  ObjectNode line = of("worst", subject);
                  line.put("norm", worst.norm()).put("epsilon", worst.epsilon());
                  line.set("robustAccuracy", figure(worst.robust()));
                  line.put("attacks", worst.attacks()).put("strongest", worst.strongest());
                  end(line.put("doubtful", worst.doubtful()));
                });
      }
    }
    for (Doubt doubt : analysis.doubts()) {
      ObjectNode line = MAPPER.createObjectNode().put("kind", "doubt").put("campaign", name);
      end(line.put("where", doubt.where()).put("what", doubt.what()));
    }
    return out.toString();
  }

  private void utility(Utility utility) {
    ObjectNode line = of("utility", utility.subject());
    line.set("accuracy", figure(utility.accuracy()));
    line.set("refused", figure(utility.refused()));
    number(line, "millisPerImage", utility.millisPerImage());
    number(line, "slowdown", utility.slowdown());
    line.put("random", utility.random());
    line.put("zeroGradients", utility.zeroGradients());
    line.put("badGradients", utility.badGradients());
    end(line);
  }

  private void row(Row row) {
    ObjectNode line = of("attack", row.subject());
    line.put("attack", row.attack().id()).put("label", row.label());
    line.put("config", row.attack().config()).put("access", row.attack().access());
    line.put("adaptive", row.adaptive());
    line.set("cleanAccuracy", figure(row.clean()));
    line.set("successRate", figure(row.success()));
    line.set("robustAccuracy", figure(row.robust()));
    line.set("successRateAt8Bits", figure(row.rounded()));
    line.put("control", row.control().name());
    if (row.againstUndefended() != null) {
      number(line, "difference", row.againstUndefended().difference());
      number(line, "p", row.againstUndefended().midP());
      number(line, "adjustedP", row.adjustedP());
    }
    number(line, "medianQueriesToSuccess", row.queries().medianOfSuccesses());
    number(line, "meanQueries", row.meanQueries());
    line.put("norm", row.norm());
    number(line, "medianDistance", row.distance().median());
    number(line, "seconds", row.seconds());
    end(line);
  }

  private ObjectNode of(String kind, Subject subject) {
    return MAPPER
        .createObjectNode()
        .put("kind", kind)
        .put("campaign", name)
        .put("data", subject.data())
        .put("model", subject.model())
        .put("defense", subject.defense());
  }

  private static ObjectNode figure(Figure figure) {
    ObjectNode node = MAPPER.createObjectNode();
    number(node, "value", figure.value());
    node.put("lower", figure.interval().lower()).put("upper", figure.interval().upper());
    node.put("trials", figure.trials()).put("denominator", figure.denominator());
    return node.put("repeats", figure.repeats());
  }

  private static void number(ObjectNode node, String field, double value) {
    if (Double.isFinite(value)) {
      node.put(field, value);
    } else {
      node.putNull(field);
    }
  }

  private void end(ObjectNode line) {
    try {
      out.append(MAPPER.writeValueAsString(line)).append('\n');
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
