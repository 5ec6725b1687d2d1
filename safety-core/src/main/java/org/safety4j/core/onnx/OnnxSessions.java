package org.safety4j.core.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.file.Files;
import java.nio.file.Path;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.NativeUnavailable;

/** Opens and closes sessions of ONNX Runtime, with errors of ours. */
final class OnnxSessions {
  private OnnxSessions() {}

  /** What is made of a session; the session is closed if that fails. */
  @FunctionalInterface
  interface Use<M> {
    M of(OrtSession session) throws OrtException;
  }

  static <M> M open(Path file, Use<M> use) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidModelFile("no such ONNX file: " + file);
    }
    OrtSession session = null;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      session = OrtEnvironment.getEnvironment().createSession(file.toString(), options);
      return use.of(session);
    } catch (OrtException e) {
      close(session);
      throw new InvalidModelFile(file + " is not a usable ONNX file: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      close(session);
      throw e;
    } catch (LinkageError e) {
      throw new NativeUnavailable(
          "ONNX Runtime did not start ("
              + e
              + "); add com.microsoft.onnxruntime:onnxruntime to the class path",
          e);
    }
  }

  static void close(OrtSession session) {
    if (session != null) {
      try {
        session.close();
      } catch (OrtException e) {
        throw new InvalidModelFile("closing an ONNX session failed: " + e.getMessage(), e);
      }
    }
  }
}
