package org.safety4j.core.load;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Model;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.nn.resnet.ResNet;
import org.safety4j.core.nn.sam.Sam;
import org.safety4j.core.nn.vit.Vit;

/**
 * Opens models in one line.
 *
 * <pre>{@code
 * try (ImageClassifier.White vit = Models.imageClassifier(Path.of("my-vit"))) {
 *   int[] labels = vit.labels(images);
 * }
 * }</pre>
 */
public final class Models {
  private static final List<ModelFormat> FORMATS =
      List.of(
          new VitFormat(),
          new ResNetFormat(),
          new ClipFormat(),
          new SamFormat(),
          new LlavaFormat());
  private static final String TORCHSCRIPT = "model.pt";
  private static final String PREPROCESSOR = "preprocessor_config.json";

  private Models() {}

  /**
   * Opens an image classifier: a folder in the layout of Hugging Face (ViT, DeiT, ResNet), or a
   * TorchScript file, or a folder that holds it as {@code model.pt}. {@code
   * preprocessor_config.json} must lie beside the weights, since it has the size of pictures and
   * the normalisation.
   *
   * @param path the folder or file
   * @return the model, to be closed by the caller; a {@link
   *     org.safety4j.core.model.VisionTransformer.White} where it is one, a {@link
   *     org.safety4j.core.model.TrainableClassifier} unless it is TorchScript
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   */
  public static ImageClassifier.White imageClassifier(Path path) {
    return open(path, ImageClassifier.White.class);
  }

  /**
   * Opens an image classifier from its files, such as those on the class path.
   *
   * @param files the files
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture that is not supported
   */
  public static ImageClassifier.White imageClassifier(ModelFiles files) {
    return open(files, ImageClassifier.White.class);
  }

  /**
   * Opens a model as a type.
   *
   * @param <M> the type
   * @param path the folder or file
   * @param type what the model must be, such as {@code VisionTransformer.White.class}
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported, or is not
   *     of the type
   */
  public static <M extends Model> M open(Path path, Class<M> type) {
    if (Files.isDirectory(path)) {
      HfFolder folder = new HfFolder(path);
      if (folder.has("config.json")) {
        return open(folder, type);
      }
      if (folder.has(TORCHSCRIPT)) {
        return torchScript(path.resolve(TORCHSCRIPT), folder.name(), type);
      }
      throw new InvalidModelFile(
          path
              + ": neither config.json (Hugging Face) nor "
              + TORCHSCRIPT
              + " (TorchScript) is there");
    }
    if (!Files.exists(path)) {
      throw new InvalidModelFile(path + ": no such file or folder");
    }
    String name = path.getFileName().toString();
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.endsWith(".pt") || lower.endsWith(".pth") || lower.endsWith(".ts")) {
      return torchScript(path, name.substring(0, name.lastIndexOf('.')), type);
    }
    String remedy =
        lower.endsWith(".safetensors") || lower.endsWith(".json")
            ? "name its folder, which holds config.json"
            : "a folder in the layout of Hugging Face or a TorchScript file (.pt) was expected";
    throw new UnsupportedModel(path + ": cannot be opened alone; " + remedy);
  }

  /**
   * Opens a model from its files as a type.
   *
   * @param <M> the type
   * @param files the files
   * @param type what the model must be
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture that is not supported, or is not of the
   *     type
   */
  public static <M extends Model> M open(ModelFiles files, Class<M> type) {
    List<String> architectures = files.config().architectures();
    if (architectures.isEmpty()) {
      throw new InvalidModelFile(files.origin() + ": \"architectures\" in config.json is missing");
    }
    String architecture = architectures.get(0);
    for (ModelFormat format : FORMATS) {
      if (format.architectures().contains(architecture)) {
        if (!type.isAssignableFrom(format.type())) {
          throw notOfType(files.origin(), architecture, type);
        }
        return type.cast(format.open(files, architecture));
      }
    }
    List<String> known = FORMATS.stream().flatMap(f -> f.architectures().stream()).toList();
    throw new UnsupportedModel(
        files.origin()
            + ": architecture \""
            + architecture
            + "\" is not supported"
            + NearNames.hint(architecture, known)
            + "; supported are "
            + known.stream().sorted().collect(Collectors.joining(", ")));
  }

  private static <M extends Model> M torchScript(Path file, String name, Class<M> type) {
    if (!type.isAssignableFrom(TorchScriptClassifier.class)) {
      throw notOfType(file.toString(), "a TorchScript image classifier", type);
    }
    Path beside = file.resolveSibling(PREPROCESSOR);
    if (!Files.exists(beside)) {
      throw new InvalidModelFile(
          beside
              + ": no such file; it must tell size, image_mean and image_std of the pictures for "
              + file);
    }
    return type.cast(TorchScriptClassifier.open(file, ImagePreprocessor.read(beside), name));
  }

  private static UnsupportedModel notOfType(String origin, String what, Class<?> type) {
    String simple = type.getName().substring(type.getName().lastIndexOf('.') + 1).replace('$', '.');
    return new UnsupportedModel(origin + ": " + what + " is not a " + simple);
  }

  /**
   * Reads how pictures are prepared for a model.
   *
   * @param path the folder or file that {@link #imageClassifier(Path)} opens
   * @return its preprocessor
   * @throws InvalidModelFile if {@code preprocessor_config.json} is missing or damaged
   * @throws UnsupportedModel if it asks for what is not supported
   */
  public static ImagePreprocessor preprocessor(Path path) {
    return ImagePreprocessor.read(
        Files.isDirectory(path) ? path.resolve(PREPROCESSOR) : path.resolveSibling(PREPROCESSOR));
  }

  /**
   * Saves a model as a folder that {@link #open(Path, Class)} opens again, a diffusion model as one
   * that {@link DiffusionLoader} opens; preprocessors resize pictures with the bilinear filter.
   *
   * @param model a {@link Vit}, {@link ResNet}, {@link Clip}, {@link Sam} or {@link
   *     DiffusionPipeline}; stays the caller's
   * @param folder the folder, made if it is not there; files of the same names are replaced
   * @throws IllegalArgumentException if the model is of another class
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public static void save(Model model, Path folder) {
    if (model instanceof Vit vit) {
      int size = vit.config().imageSize();
      FolderWriter.model(folder, VitFormat.describe(vit), vit.stored());
      FolderWriter.preprocessor(folder, size, size, vit.normalization());
    } else if (model instanceof ResNet net) {
      FolderWriter.model(folder, ResNetFormat.describe(net), net.stored());
      FolderWriter.preprocessor(
          folder, net.config().width(), net.config().height(), net.normalization());
    } else if (model instanceof Clip clip) {
      int size = clip.vision().config().imageSize();
      FolderWriter.model(folder, ClipFormat.describe(clip), clip.stored());
      FolderWriter.preprocessor(folder, size, size, clip.vision().normalization());
      FolderWriter.tokenizer(folder, clip.tokenizer());
    } else if (model instanceof Sam sam) {
      int size = sam.config().vision().imageSize();
      FolderWriter.model(folder, SamFormat.describe(sam), sam.stored());
      FolderWriter.preprocessor(folder, size, size, sam.normalization());
    } else if (model instanceof DiffusionPipeline pipeline) {
      DiffusionLoader.save(pipeline, folder);
    } else {
      throw new IllegalArgumentException(
          "only a Vit, ResNet, Clip, Sam or DiffusionPipeline can be saved, this is a "
              + model.getClass().getSimpleName());
    }
  }
}
