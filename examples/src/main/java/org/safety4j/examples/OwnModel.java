package org.safety4j.examples;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.safety4j.core.load.Models;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.model.Source;

/**
 * A user's model as a campaign's source. Its id holds the size and age of its files, so that a
 * journal does not mistake a changed model for the one that it knows.
 */
record OwnModel(String path, String id) implements Source<ImageClassifier.White> {
  private static final long serialVersionUID = 1L;

  static OwnModel of(Path path) throws java.io.IOException {
    long state = 17;
    Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
    List<Path> files;
    try (Stream<Path> list = Files.list(folder)) {
      files = list.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      state = 31 * state + file.getFileName().toString().hashCode();
      state = 31 * state + Files.size(file);
      state = 31 * state + Files.getLastModifiedTime(file).toMillis();
    }
    String name = path.toAbsolutePath().normalize().getFileName().toString();
    return new OwnModel(path.toString(), name + "@" + Integer.toHexString(Long.hashCode(state)));
  }

  @Override
  public Class<ImageClassifier.White> type() {
    return ImageClassifier.White.class;
  }

  @Override
  public ImageClassifier.White open() {
    return Models.imageClassifier(Path.of(path));
  }
}
