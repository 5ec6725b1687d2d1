package org.safety4j.core.load;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;

/**
 * Looks at a file before libtorch does: a TorchScript archive holds code as text, a pickle does
 * not.
 */
final class TorchScriptArchive {
  private static final int MAX_ENTRIES = 100_000;
  private static final long SLACK = 64L << 20;

  private TorchScriptArchive() {}

  static void check(Path file) {
    if (!startsLikeZip(file)) {
      throw new UnsupportedModel(
          file
              + ": not a TorchScript archive. A pickle can run code when it is opened and is refused unread; save the"
              + " model by torch.jit.save(torch.jit.trace(model, example), file), or as safetensors");
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      long unpacked = 0;
      boolean code = false;
      if (zip.size() > MAX_ENTRIES) {
        throw new InvalidModelFile(file + ": " + zip.size() + " entries are more than a model has");
      }
      for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
        ZipEntry entry = entries.nextElement();
        unpacked += Math.max(0, entry.getSize());
        code |= entry.getName().contains("/code/") && entry.getName().endsWith(".py");
      }
      if (unpacked > Files.size(file) * 4 + SLACK) {
        throw new InvalidModelFile(
            file
                + ": would unpack to "
                + unpacked
                + " bytes from "
                + Files.size(file)
                + "; it is refused as a bomb");
      }
      if (!code) {
        throw new UnsupportedModel(
            file
                + ": holds no TorchScript code, so it is a pickled state or module, which can run code when it is"
                + " opened and is refused unread; save the model by torch.jit.save, or as safetensors");
      }
    } catch (ZipException e) {
      throw new InvalidModelFile(file + ": damaged TorchScript archive: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean startsLikeZip(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] magic = in.readNBytes(4);
      return magic.length == 4
          && magic[0] == 'P'
          && magic[1] == 'K'
          && magic[2] == 3
          && magic[3] == 4;
    } catch (IOException e) {
      throw new InvalidModelFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
