package org.safety4j.datasets.zoo;

import java.nio.file.Path;
import java.util.List;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.ModelFiles;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.InitialParameters;
import org.safety4j.core.nn.bert.Bert;
import org.safety4j.core.nn.bert.BertConfig;
import org.safety4j.core.tensor.Rng;
import org.safety4j.core.train.BatchObjective;
import org.safety4j.core.train.TextClassifierObjective;

/** What the recipes of guard and judge share: a small BERT that says no or yes to a text. */
abstract class TextJudgementRecipe extends BertRecipe<Bert.Classifier> {
  private static final int WIDTH = 64;
  private static final int BLOCKS = 2;
  private static final int HEADS = 2;
  private static final int TO_LEARN_WORDS = 2_000;

  /** A text and its class. */
  record Labelled(String text, boolean yes) {}

  /** Draws texts with their classes. */
  abstract List<Labelled> draw(int count, Rng rng);

  /** Names of the classes, no before yes. */
  abstract List<String> classNames();

  /** Most tokens of a text. */
  abstract int context();

  /** Special tokens besides padding and start. */
  abstract String[] special();

  @Override
  public Class<Bert.Classifier> type() {
    return Bert.Classifier.class;
  }

  @Override
  public Bert.Classifier initial(Rng rng) {
    List<String> texts =
        draw(TO_LEARN_WORDS, rng.derive("words")).stream().map(Labelled::text).toList();
    var tokenizer = tokenizer(texts, special());
    return Bert.classifier(
        BertConfig.small(tokenizer.size(), WIDTH, BLOCKS, HEADS, context()),
        classNames(),
        InitialParameters.of(rng),
        tokenizer,
        ModelCard.named(id()));
  }

  @Override
  BatchObjective objective(Bert.Classifier model, int count, Rng rng) {
    List<Labelled> data = draw(count, rng);
    return new TextClassifierObjective(
        model,
        data.stream().map(Labelled::text).toList(),
        data.stream().map(d -> d.yes() ? 1 : 0).toList());
  }

  @Override
  public void save(Bert.Classifier model, Path folder) {
    LanguageModels.save(model, folder);
  }

  @Override
  public Bert.Classifier open(ModelFiles files) {
    return (Bert.Classifier) LanguageModels.textClassifier(files);
  }
}
