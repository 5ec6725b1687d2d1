package org.safety4j.core.load;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.List;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.nn.DifferentiableClassifier;
import org.safety4j.core.nn.Normalization;
import org.safety4j.core.nn.Parameters;
import org.safety4j.core.tensor.Grad;
import org.safety4j.core.tensor.GradMode;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.torch.TorchScriptModule;

/**
 * An image classifier in a TorchScript file, with the normalisation of its preprocessor before it.
 */
final class TorchScriptClassifier extends DifferentiableClassifier {
  private final TorchScriptModule module;
  private final NDArray mean;
  private final NDArray std;

  private TorchScriptClassifier(
      TorchScriptModule module,
      Shape inputShape,
      Normalization normalization,
      List<String> classNames,
      ModelCard card) {
    super(card, module.manager(), inputShape, classNames);
    this.module = module;
    Parameters constants =
        new Parameters(
            module.manager(),
            (name, manager, shape) -> {
              throw new IllegalStateException("a TorchScript file has its own parameters");
            });
    this.mean = constants.perChannel(normalization.mean());
    this.std = constants.perChannel(normalization.std());
  }

  static TorchScriptClassifier open(Path file, ImagePreprocessor preprocessor, String name) {
    TorchScriptArchive.check(file);
    ImagePreprocessor.Size size = preprocessor.outputSize();
    if (size == null) {
      throw new InvalidModelFile(
          file
              + ": its preprocessor gives pictures of varying size; name one under \"size\" or \"crop_size\"");
    }
    Normalization normalization = preprocessor.normalization();
    Shape input = new Shape(normalization.channels(), size.height(), size.width());
    TorchScriptModule module = TorchScriptModule.load(file);
    try {
      int classes = probe(file, module, input);
      ModelCard card = new ModelCard(name, "TorchScript", module.parameters(), file.toString(), "");
      return new TorchScriptClassifier(module, input, normalization, numbered(classes), card);
    } catch (RuntimeException e) {
      module.close();
      throw e;
    }
  }

  /**
   * One pass forward and backward tells the number of classes, and whether there is a gradient at
   * all.
   */
  private static int probe(Path file, TorchScriptModule module, Shape input) {
    try (Scope scope = Scope.open();
        GradMode mode = GradMode.on();
        NDManager manager = module.manager().newSubManager()) {
      Shape batch = new Shape(1, input.get(0), input.get(1), input.get(2));
      NDArray leaf = Grad.leaf(manager.zeros(batch, DataType.FLOAT32));
      NDArray logits = run(file, module, leaf);
      Shape shape = logits.getShape();
      if (shape.dimension() != 2 || shape.get(0) != 1 || shape.get(1) < 2) {
        throw new UnsupportedModel(
            file + ": gives " + shape + " for one picture; an image classifier gives (1, classes)");
      }
      if (!Finite.holds(Grad.detach(logits))) {
        throw new InvalidModelFile(
            file + ": gives NaN or infinite scores for a black picture; the file is damaged");
      }
      try {
        Grad.gradients(new NDList(logits.sum()), List.of(leaf));
      } catch (EngineException e) {
        throw new UnsupportedModel(
            file
                + ": its result has no gradient for the input; trace or script it outside of torch.no_grad",
            e);
      }
      return Math.toIntExact(shape.get(1));
    }
  }

  private static NDArray run(Path file, TorchScriptModule module, NDArray input) {
    try {
      return module.forward(input);
    } catch (EngineException e) {
      throw new UnsupportedModel(
          file + ": does not run on a picture of shape " + input.getShape() + ": " + e.getMessage(),
          e);
    }
  }

  @Override
  protected NDArray infer(NDArray images) {
    try (Scope scope = Scope.open()) {
      return scope.keep(module.forward(images.sub(mean).div(std)));
    }
  }

  @Override
  public List<String> layers() {
    return List.of();
  }

  @Override
  protected NDArray activations(NDArray images, int layer) {
    throw new IllegalStateException("a TorchScript file shows no layers");
  }

  @Override
  protected void release() {
    module.close();
  }
}
