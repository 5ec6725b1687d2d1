package org.safety4j.testkit.families;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.UnaryOperator;
import org.safety4j.core.load.DiffusionLoader;
import org.safety4j.core.load.LanguageModels;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.model.VisionLanguageModel;
import org.safety4j.testkit.CausalLmContract;
import org.safety4j.testkit.DiffusionModelContract;
import org.safety4j.testkit.DualEncoderContract;
import org.safety4j.testkit.ImageClassifierContract;
import org.safety4j.testkit.SegmenterContract;
import org.safety4j.testkit.TextClassifierContract;
import org.safety4j.testkit.VisionLanguageModelContract;

/** Models that do one thing wrong. Not run by themselves. */
final class FaultyModel {
  static final UnaryOperator<Object> NOT_DONE = answer -> answer;
  static String method = "";
  static UnaryOperator<Object> change = NOT_DONE;

  private FaultyModel() {}

  private static <M extends Model> M faulty(M model, Class<M> rung) {
    return rung.cast(
        Proxy.newProxyInstance(
            rung.getClassLoader(),
            new Class<?>[] {rung},
            (proxy, called, arguments) -> {
              boolean wrong = called.getName().equals(method);
              if (wrong && called.getName().equals("close")) {
                return null;
              }
              try {
                Object answer = called.invoke(model, arguments);
                return wrong ? change.apply(answer) : answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  static class Images extends ImageClassifierContract {
    @Override
    protected ImageClassifier.White open() {
      return faulty(Models.imageClassifier(Fixtures.path("vit")), ImageClassifier.White.class);
    }
  }

  static class Masks extends SegmenterContract {
    @Override
    protected Segmenter.White open() {
      return faulty(
          Models.open(Fixtures.path("sam"), Segmenter.White.class), Segmenter.White.class);
    }
  }

  static class Pairs extends DualEncoderContract {
    @Override
    protected DualEncoder.White open() {
      return faulty(
          Models.open(Fixtures.path("clip"), DualEncoder.White.class), DualEncoder.White.class);
    }
  }

  static class Texts extends TextClassifierContract {
    @Override
    protected TextClassifier.White open() {
      return faulty(
          LanguageModels.textClassifier(Fixtures.path("bert")), TextClassifier.White.class);
    }
  }

  static class Language extends CausalLmContract {
    @Override
    protected CausalLm.White open() {
      return faulty(LanguageModels.causalLm(Fixtures.path("llama")), CausalLm.White.class);
    }
  }

  static class Sight extends VisionLanguageModelContract {
    @Override
    protected VisionLanguageModel.White open() {
      return faulty(
          Models.open(Fixtures.path("llava"), VisionLanguageModel.White.class),
          VisionLanguageModel.White.class);
    }
  }

  static class Noise extends DiffusionModelContract {
    @Override
    protected DiffusionModel.White open() {
      return faulty(
          DiffusionLoader.open(Fixtures.path("pipeline-pixels")), DiffusionModel.White.class);
    }
  }
}
