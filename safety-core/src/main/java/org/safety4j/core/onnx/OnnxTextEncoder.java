package org.safety4j.core.onnx;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NativeUnavailable;
import org.safety4j.core.error.Require;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.GrayBox;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.model.TextEncoder;
import org.safety4j.core.nn.bert.Pooling;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.core.text.HuggingFaceTokenizers;
import org.safety4j.core.text.Tokenizer;

/**
 * An ONNX file as an encoder of texts, with {@code tokenizer.json} beside it. The graph takes int64
 * {@code input_ids [B, T]}, and {@code attention_mask} and {@code token_type_ids} if it wants them,
 * and gives first the float32 states of all tokens {@code [B, T, D]}, which are pooled here.
 *
 * <p>Safe for use by several threads.
 */
public final class OnnxTextEncoder implements TextEncoder.Black, GrayBox {
  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";
  private static final String TYPES = "token_type_ids";
  private static final Set<String> KNOWN = Set.of(IDS, MASK, TYPES);

  private final Path file;
  private final OrtSession session;
  private final Tokenizer tokenizer;
  private final Pooling pooling;
  private final Set<String> inputs;
  private final String output;
  private final int width;
  private final NDManager manager = Tensors.newManager();
  private final ModelCard card;
  private final AtomicBoolean closed = new AtomicBoolean();

  private OnnxTextEncoder(
      Path file, OrtSession session, Tokenizer tokenizer, Pooling pooling, NodeInfo states) {
    this.file = file;
    this.session = session;
    this.tokenizer = tokenizer;
    this.pooling = pooling;
    this.inputs = session.getInputNames();
    this.output = states.getName();
    this.width = Math.toIntExact(((TensorInfo) states.getInfo()).getShape()[2]);
    this.card =
        new ModelCard(String.valueOf(file.getFileName()), "ONNX graph", 0, file.toString(), "");
  }

  /**
   * Opens a file.
   *
   * @param file the {@code .onnx} file; {@code tokenizer.json} lies in its folder
   * @param pooling how the states of a text become one vector
   * @return the encoder, to be closed by the caller
   * @throws InvalidModelFile if the file or the tokenizer is missing or damaged
   * @throws UnsupportedModel if the graph's inputs or output have another form; the message names
   *     them
   * @throws NativeUnavailable if ONNX Runtime is not on the class path
   */
  public static OnnxTextEncoder open(Path file, Pooling pooling) {
    return OnnxSessions.open(
        file,
        session -> {
          NodeInfo states = check(file, session);
          Tokenizer tokenizer = HuggingFaceTokenizers.open(file.toAbsolutePath().getParent());
          return new OnnxTextEncoder(file, session, tokenizer, pooling, states);
        });
  }

  private static NodeInfo check(Path file, OrtSession session) throws OrtException {
    Map<String, NodeInfo> inputs = session.getInputInfo();
    if (!inputs.containsKey(IDS) || !KNOWN.containsAll(inputs.keySet())) {
      throw new UnsupportedModel(
          file
              + " takes "
              + inputs.keySet()
              + "; an encoder of texts takes input_ids, and may take attention_mask and"
              + " token_type_ids");
    }
    inputs.values().forEach(input -> require(file, input, OnnxJavaType.INT64, 2));
    NodeInfo states = session.getOutputInfo().values().iterator().next();
    TensorInfo info = require(file, states, OnnxJavaType.FLOAT, 3);
    if (info.getShape()[2] < 1 || info.getShape()[2] > Integer.MAX_VALUE) {
      throw new UnsupportedModel(
          file
              + ": output \""
              + states.getName()
              + "\" must be [B, T, D] with known D, is "
              + Arrays.toString(info.getShape()));
    }
    return states;
  }

  private static TensorInfo require(Path file, NodeInfo node, OnnxJavaType type, int rank) {
    if (node.getInfo() instanceof TensorInfo tensor
        && tensor.type == type
        && tensor.getShape().length == rank) {
      return tensor;
    }
    throw new UnsupportedModel(
        file
            + ": \""
            + node.getName()
            + "\" must be a tensor of "
            + type
            + " with "
            + rank
            + " axes, is "
            + node.getInfo());
  }

  @Override
  public NDArray embed(List<String> texts) {
    Require.notEmpty("texts", texts);
    List<int[]> rows = texts.stream().map(tokenizer::encodeFull).toList();
    int longest = 0;
    for (int i = 0; i < rows.size(); i++) {
      Require.that(rows.get(i).length >= 1, "text " + i + " has no tokens");
      longest = Math.max(longest, rows.get(i).length);
    }
    float[] vectors = new float[rows.size() * width];
    float[] states = states(rows, longest);
    for (int i = 0; i < rows.size(); i++) {
      int used = pooling.mode() == Pooling.Mode.FIRST ? 1 : rows.get(i).length;
      pool(states, i * longest * width, used, vectors, i * width);
    }
    return manager.create(vectors, new Shape(rows.size(), width));
  }

  /** Texts of different lengths are padded on the right. */
  private float[] states(List<int[]> rows, int longest) {
    long[] ids = new long[rows.size() * longest];
    long[] mask = new long[ids.length];
    Arrays.fill(ids, tokenizer.special().padding().orElse(0));
    for (int i = 0; i < rows.size(); i++) {
      for (int k = 0; k < rows.get(i).length; k++) {
        ids[i * longest + k] = rows.get(i)[k];
        mask[i * longest + k] = 1;
      }
    }
    Map<String, long[]> given = Map.of(IDS, ids, MASK, mask, TYPES, new long[ids.length]);
    long[] shape = {rows.size(), longest};
    Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    try {
      for (String name : inputs) {
        LongBuffer buffer = LongBuffer.wrap(given.get(name));
        tensors.put(name, OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), buffer, shape));
      }
      try (OrtSession.Result result = session.run(tensors)) {
        FloatBuffer found = ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
        Require.that(
            found.remaining() == ids.length * width,
            file
                + " gave "
                + found.remaining()
                + " numbers for "
                + ids.length
                + " tokens of width "
                + width);
        float[] states = new float[found.remaining()];
        found.get(states);
        return states;
      }
    } catch (OrtException e) {
      throw new IllegalArgumentException(
          file
              + " refused "
              + rows.size()
              + " texts of up to "
              + longest
              + " tokens; they may be too long for it, or the tokenizer is of another model: "
              + e.getMessage(),
          e);
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  /** The mean of the first states of a row, divided by its length if that is wanted. */
  private void pool(float[] states, int from, int count, float[] vectors, int to) {
    double square = 0;
    for (int d = 0; d < width; d++) {
      double sum = 0;
      for (int t = 0; t < count; t++) {
        sum += states[from + t * width + d];
      }
      vectors[to + d] = (float) (sum / count);
      square += (double) vectors[to + d] * vectors[to + d];
    }
    if (pooling.normalised()) {
      double length = Math.max(Math.sqrt(square), 1e-12);
      for (int d = 0; d < width; d++) {
        vectors[to + d] /= (float) length;
      }
    }
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      OnnxSessions.close(session);
      tokenizer.close();
      manager.close();
    }
  }
}
