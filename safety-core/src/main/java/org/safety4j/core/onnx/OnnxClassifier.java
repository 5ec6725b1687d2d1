package org.safety4j.core.onnx;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NativeUnavailable;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.ModelCard;
import org.safety4j.core.tensor.Tensors;

/**
 * An ONNX file as an image classifier. The graph must take one float32 input {@code [N, C, H, W]}
 * and give float32 scores {@code [N, K]} first; normalisation is a mean and a deviation a channel
 * that are applied before it.
 *
 * <p>Safe for use by several threads.
 */
public final class OnnxClassifier implements ImageClassifier.Gray {
  private final OrtSession session;
  private final String input;
  private final String output;
  private final int classes;
  private final Shape inputShape;
  private final float[] mean;
  private final float[] deviation;
  private final ModelCard card;

  private OnnxClassifier(
      Path file,
      OrtSession session,
      String input,
      String output,
      int classes,
      Shape inputShape,
      float[] mean,
      float[] deviation) {
    this.session = session;
    this.input = input;
    this.output = output;
    this.classes = classes;
    this.inputShape = inputShape;
    this.mean = mean;
    this.deviation = deviation;
    this.card =
        new ModelCard(String.valueOf(file.getFileName()), "ONNX graph", 0, file.toString(), "");
  }

  /**
   * Opens a file whose graph takes images in [0, 1].
   *
   * @param file the {@code .onnx} file
   * @return the classifier, to be closed by the caller
   */
  public static OnnxClassifier open(Path file) {
    return open(file, new float[0], new float[0]);
  }

  /**
   * Opens a file.
   *
   * @param file the {@code .onnx} file
   * @param mean subtracted from each channel; empty for none
   * @param deviation divides each channel afterwards; empty for none
   * @return the classifier, to be closed by the caller
   * @throws InvalidModelFile if the file is missing or damaged
   * @throws UnsupportedModel if its input or output has another form; the message names both
   * @throws NativeUnavailable if ONNX Runtime is not on the class path
   */
  public static OnnxClassifier open(Path file, float[] mean, float[] deviation) {
    return OnnxSessions.open(
        file,
        session -> {
          if (session.getInputInfo().size() != 1) {
            throw new UnsupportedModel(
                file
                    + " takes "
                    + session.getInputInfo().keySet()
                    + "; one input of images is supported");
          }
          NodeInfo in = session.getInputInfo().values().iterator().next();
          NodeInfo out = session.getOutputInfo().values().iterator().next();
          long[] inShape = shape(file, in, 4);
          long[] outShape = shape(file, out, 2);
          if (outShape[1] < 2) {
            throw new UnsupportedModel(
                file
                    + ": output \""
                    + out.getName()
                    + "\" must be [N, K] with known K, is "
                    + Arrays.toString(outShape));
          }
          return new OnnxClassifier(
              file,
              session,
              in.getName(),
              out.getName(),
              Math.toIntExact(outShape[1]),
              new Shape(inShape[1], inShape[2], inShape[3]),
              mean.clone(),
              deviation.clone());
        });
  }

  private static long[] shape(Path file, NodeInfo node, int rank) {
    if (node.getInfo() instanceof TensorInfo tensor
        && tensor.type == OnnxJavaType.FLOAT
        && tensor.getShape().length == rank) {
      return tensor.getShape();
    }
    throw new UnsupportedModel(
        file
            + ": \""
            + node.getName()
            + "\" must be a float tensor with "
            + rank
            + " axes, is "
            + node.getInfo());
  }

  @Override
  public int classes() {
    return classes;
  }

  /**
   * Returns the shape of one image.
   *
   * @return {@code [C, H, W]}, -1 where the graph leaves it open
   */
  public Shape inputShape() {
    return inputShape;
  }

  @Override
  public NDArray logits(NDArray images) {
    Tensors.requireImages(images);
    long[] shape = images.getShape().getShape();
    FloatBuffer pixels = normalised(images, shape);
    try (OnnxTensor tensor =
            OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), pixels, shape);
        OrtSession.Result result = session.run(Map.of(input, tensor))) {
      OnnxValue value = result.get(output).orElseThrow();
      FloatBuffer scores = ((OnnxTensor) value).getFloatBuffer();
      float[] flat = new float[scores.remaining()];
      scores.get(flat);
      return images.getManager().create(flat, new Shape(shape[0], classes));
    } catch (OrtException e) {
      throw new IllegalArgumentException(
          "the ONNX graph refused images of shape "
              + images.getShape()
              + " (it takes [N, C, H, W] with "
              + inputShape
              + "): "
              + e.getMessage(),
          e);
    }
  }

  private FloatBuffer normalised(NDArray images, long[] shape) {
    FloatBuffer pixels = images.toByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
    if (mean.length == 0) {
      return pixels;
    }
    int plane = Math.toIntExact(shape[2] * shape[3]);
    FloatBuffer out =
        java.nio.ByteBuffer.allocateDirect(pixels.remaining() * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (int i = 0; i < pixels.limit(); i++) {
      int channel = (int) (i / plane % shape[1]);
      out.put(i, (pixels.get(i) - mean[channel]) / deviation[channel]);
    }
    return out;
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public void close() {
    OnnxSessions.close(session);
  }
}
