package org.safety4j.datasets.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.safety4j.core.error.InvalidDataFile;

/**
 * Damages a sound file in seeded ways and checks that a reader answers with a result or with one
 * kind of error.
 */
public final class Mutations {
  private Mutations() {}

  /** Reads mutants of a file; returns how many were refused. */
  public static int refused(Path file, int count, long seed, Consumer<Path> reader)
      throws IOException {
    byte[] sound = Files.readAllBytes(file);
    SplittableRandom random = new SplittableRandom(seed);
    int refused = 0;
    for (int i = 0; i < count; i++) {
      byte[] mutant = mutate(sound, random);
      Files.write(file, mutant);
      try {
        reader.accept(file);
      } catch (InvalidDataFile e) {
        refused++;
        assertThat(e).hasMessageContaining(file.getFileName().toString());
      } catch (RuntimeException | Error e) {
        fail("mutant " + i + " of seed " + seed + " ended in " + e, e);
      }
    }
    Files.write(file, sound);
    return refused;
  }

  private static byte[] mutate(byte[] sound, SplittableRandom random) {
    int at = random.nextInt(sound.length);
    switch (random.nextInt(4)) {
      case 0:
        return Arrays.copyOf(sound, at);
      case 1:
        byte[] longer = Arrays.copyOf(sound, sound.length + 1 + random.nextInt(40));
        Arrays.fill(longer, sound.length, longer.length, (byte) random.nextInt());
        return longer;
      case 2:
        byte[] flipped = sound.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        return flipped;
      default:
        byte[] head = sound.clone();
        for (int i = 0; i < 3; i++) {
          head[random.nextInt(Math.min(64, head.length))] = (byte) random.nextInt();
        }
        return head;
    }
  }
}
