package org.safety4j.core.load;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.CausalLm;
import org.safety4j.core.model.DiffusionModel;
import org.safety4j.core.model.DualEncoder;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Model;
import org.safety4j.core.model.Segmenter;
import org.safety4j.core.model.TextClassifier;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.core.model.VisionLanguageModel;
import org.safety4j.core.nn.clip.Clip;
import org.safety4j.core.nn.diffusion.DiffusionPipeline;
import org.safety4j.core.nn.resnet.ResNet;
import org.safety4j.core.nn.sam.Sam;
import org.safety4j.core.nn.vit.Vit;
import org.safety4j.core.nn.vlm.Llava;

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
  private static final List<ModelFormat> FORMATS = formats();
  private static final String CONFIG = "config.json";
  private static final String PIPELINE = "model_index.json";
  private static final String TORCHSCRIPT = "model.pt";
  private static final String PREPROCESSOR = "preprocessor_config.json";

  private Models() {}

  private static List<ModelFormat> formats() {
    List<ModelFormat> formats = new ArrayList<>();
    formats.add(new VitFormat());
    formats.add(new ResNetFormat());
    formats.add(new ClipFormat());
    formats.add(new SamFormat());
    formats.add(new LlavaFormat());
    formats.addAll(LanguageModels.formats());
    return List.copyOf(formats);
  }

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
   * Opens a language model in single precision; {@link LanguageModels} opens it in others.
   *
   * @param path a GGUF file (Llama, Qwen2, SmolLM3 and their like), a folder with one, or a folder
   *     in the layout of Hugging Face (GPT-2, Llama, Mistral, Qwen2, SmolLM3)
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   */
  public static CausalLm.White causalLm(Path path) {
    return open(path, CausalLm.White.class);
  }

  /**
   * Opens an encoder of texts, with the pooling that the layout of sentence-transformers names, or
   * else the mean divided by its length.
   *
   * @param path a folder of BERT
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   */
  public static TextEncoder.White textEncoder(Path path) {
    return open(path, TextEncoder.White.class);
  }

  /**
   * Opens a classifier of texts.
   *
   * @param path a folder of {@code BertForSequenceClassification}
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   */
  public static TextClassifier.White textClassifier(Path path) {
    return open(path, TextClassifier.White.class);
  }

  /**
   * Opens an encoder of images and texts.
   *
   * @param path a folder of CLIP
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   */
  public static DualEncoder.White dualEncoder(Path path) {
    return open(path, DualEncoder.White.class);
  }

  /**
   * Opens a segmenter.
   *
   * @param path a folder of SAM
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   */
  public static Segmenter.White segmenter(Path path) {
    return open(path, Segmenter.White.class);
  }

  /**
   * Opens a language model that also reads images.
   *
   * @param path a folder of LLaVA
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   */
  public static VisionLanguageModel.White visionLanguageModel(Path path) {
    return open(path, VisionLanguageModel.White.class);
  }

  /**
   * Opens a whole pipeline of diffusers; {@link DiffusionLoader} opens its parts too.
   *
   * @param path a folder with {@code model_index.json}
   * @return the model, to be closed by the caller
   * @throws InvalidModelFile if something is missing, damaged or inconsistent
   * @throws UnsupportedModel if it is of an architecture or format that is not supported; the
   *     message names it
   */
  public static DiffusionModel.White diffusionModel(Path path) {
    return open(path, DiffusionModel.White.class);
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
      if (folder.has(CONFIG) || folder.has(PIPELINE)) {
        return open(folder, type);
      }
      if (folder.has(TORCHSCRIPT)) {
        return torchScript(path.resolve(TORCHSCRIPT), folder.name(), type);
      }
      if (LanguageModels.ggufIn(path) != null) {
        return gguf(path, type);
      }
      throw new InvalidModelFile(
          path
              + ": neither config.json (Hugging Face) nor "
              + PIPELINE
              + " (diffusers), "
              + TORCHSCRIPT
              + " (TorchScript) or a .gguf file is there");
    }
    if (!Files.exists(path)) {
      throw new InvalidModelFile(path + ": no such file or folder");
    }
    String name = path.getFileName().toString();
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.endsWith(".pt") || lower.endsWith(".pth") || lower.endsWith(".ts")) {
      return torchScript(path, name.substring(0, name.lastIndexOf('.')), type);
    }
    if (lower.endsWith(".gguf")) {
      return gguf(path, type);
    }
    String remedy =
        lower.endsWith(".safetensors") || lower.endsWith(".json")
            ? "name its folder, which holds config.json"
            : "a folder in the layout of Hugging Face or diffusers, a TorchScript file (.pt) or a GGUF file was expected";
    throw new UnsupportedModel(path + ": cannot be opened alone; " + remedy);
  }

  /**
   * Opens a model from its files as a type. Files that serve several types, such as those of {@code
   * BertForSequenceClassification}, are opened as the first that fits: a classifier before an
   * encoder.
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
    if (!files.has(CONFIG) && files.has(PIPELINE)) {
      if (!type.isAssignableFrom(DiffusionPipeline.class)) {
        throw notOfType(files.origin(), "a pipeline of diffusers", type);
      }
      return type.cast(DiffusionLoader.open(files));
    }
    HfConfig config = files.config();
    if (config.architectures().isEmpty()) {
      throw noArchitecture(files, config);
    }
    String architecture = config.architectures().get(0);
    boolean known = false;
    for (ModelFormat format : FORMATS) {
      if (format.architectures().contains(architecture)) {
        known = true;
        if (type.isAssignableFrom(format.type())) {
          return type.cast(format.open(files, architecture));
        }
      }
    }
    if (known) {
      throw notOfType(files.origin(), architecture, type);
    }
    TreeSet<String> names = new TreeSet<>();
    FORMATS.forEach(format -> names.addAll(format.architectures()));
    throw new UnsupportedModel(
        files.origin()
            + ": architecture \""
            + architecture
            + "\" is not supported"
            + NearNames.hint(architecture, names)
            + "; supported are "
            + String.join(", ", names));
  }

  private static RuntimeException noArchitecture(ModelFiles files, HfConfig config) {
    String part = config.string("_class_name", "");
    return part.isEmpty()
        ? new InvalidModelFile(files.origin() + ": \"architectures\" in config.json is missing")
        : new UnsupportedModel(
            files.origin()
                + ": holds \""
                + part
                + "\", a part of a pipeline; open the pipeline's folder, or the part by DiffusionLoader");
  }

  private static <M extends Model> M gguf(Path path, Class<M> type) {
    if (!type.isAssignableFrom(CausalLm.White.class)) {
      throw notOfType(path.toString(), "a language model in a GGUF file", type);
    }
    return type.cast(LanguageModels.causalLm(path));
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
   * @param model a {@link Vit}, {@link ResNet}, {@link Clip}, {@link Sam}, {@link Llava} or {@link
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
    } else if (model instanceof Llava llava) {
      int size = llava.config().vision().imageSize();
      FolderWriter.model(folder, LlavaFormat.describe(llava), llava::forEachStored);
      FolderWriter.preprocessor(folder, size, size, llava.vision().normalization());
      FolderWriter.tokenizer(folder, llava.tokenizer(), llava.chatTemplate());
    } else if (model instanceof DiffusionPipeline pipeline) {
      DiffusionLoader.save(pipeline, folder);
    } else {
      throw new IllegalArgumentException(
          "only a Vit, ResNet, Clip, Sam, Llava or DiffusionPipeline can be saved, this is a "
              + model.getClass().getSimpleName());
    }
  }
}
