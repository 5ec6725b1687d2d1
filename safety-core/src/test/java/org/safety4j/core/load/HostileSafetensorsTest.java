package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;

class HostileSafetensorsTest {
  @TempDir private Path folder;

  private static String tensor(String name, String type, String shape, String offsets) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%s]}"
        .formatted(name, type, shape, offsets);
  }

  static Arguments[] hostileHeaders() {
    String good = tensor("a", "F32", "2", "0,8");
    return new Arguments[] {
      Arguments.of(
          "overlap",
          "{" + good + "," + tensor("b", "F32", "2", "4,12") + "}",
          "overlap or leave a hole"),
      Arguments.of(
          "hole",
          "{" + good + "," + tensor("b", "U8", "1", "11,12") + "}",
          "overlap or leave a hole"),
      Arguments.of(
          "late start", "{" + tensor("a", "F32", "2", "4,12") + "}", "where 0 was expected"),
      Arguments.of("trailing data", "{" + good + "}", "tensors end at 8 but the file holds 12"),
      Arguments.of(
          "outside",
          "{" + tensor("a", "F32", "4", "0,16") + "}",
          "do not fit in the file's 12 data bytes"),
      Arguments.of("backwards", "{" + tensor("a", "F32", "2", "8,0") + "}", "do not fit"),
      Arguments.of(
          "size mismatch",
          "{" + tensor("a", "F32", "2", "0,12") + "}",
          "takes 8 bytes, data_offsets span 12"),
      Arguments.of(
          "duplicate",
          "{" + good + "," + tensor("a", "U8", "4", "8,12") + "}",
          "Duplicate field 'a'"),
      Arguments.of(
          "overflow",
          "{" + tensor("a", "F32", "4294967296,4294967296,2", "0,12") + "}",
          "overflows"),
      Arguments.of(
          "negative length", "{" + tensor("a", "F32", "-1,-3", "0,12") + "}", "negative number -1"),
      Arguments.of("fraction", "{" + tensor("a", "F32", "1.5", "0,12") + "}", "not an integer"),
      Arguments.of(
          "beyond 64 bits",
          "{" + tensor("a", "F32", "99999999999999999999", "0,12") + "}",
          "not valid JSON"),
      Arguments.of("one offset", "{" + tensor("a", "U8", "12", "0") + "}", "do not fit"),
      Arguments.of(
          "rank",
          "{" + tensor("a", "U8", "1,".repeat(40) + "12", "0,12") + "}",
          "more than 32 elements"),
      Arguments.of(
          "missing dtype",
          "{\"a\":{\"shape\":[3],\"data_offsets\":[0,12]}}",
          "dtype, shape or data_offsets"),
      Arguments.of("not an object", "{\"a\":7}", "is not an object"),
      Arguments.of("array", "[1]", "does not begin with"),
      Arguments.of(
          "two roots", "{" + tensor("a", "U8", "12", "0,12") + "}{}", "follows the header"),
      Arguments.of("unterminated", "{" + tensor("a", "U8", "12", "0,12"), "not valid JSON"),
      Arguments.of(
          "deep", "{\"a\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}", "is not an object"),
      Arguments.of(
          "deep metadata", "{\"__metadata__\":{\"k\":{}}}", "metadata \"k\" is not a string"),
      Arguments.of("empty", "{}", "tensors end at 0"),
    };
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostileHeaders")
  void hostileHeaderIsRefusedWithItsReason(String name, String header, String reason) {
    assertThatThrownBy(() -> SafetensorsFileTest.file(header, new byte[12]))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("test")
        .hasMessageContaining(reason);
  }

  @Test
  void unknownElementTypeIsNamed() {
    assertThatThrownBy(
            () ->
                SafetensorsFileTest.file(
                    "{" + tensor("w", "F8_E4M3", "12", "0,12") + "}", new byte[12]))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("\"w\"")
        .hasMessageContaining("\"F8_E4M3\"")
        .hasMessageContaining("BF16");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, 100_000_001, Long.MAX_VALUE, Long.MIN_VALUE, 93})
  void absurdHeaderLengthIsRefusedBeforeMemoryIsTaken(long length) throws IOException {
    Path file = folder.resolve("bad.safetensors");
    Files.write(
        file, ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("header length " + Long.toUnsignedString(length));
  }

  @Test
  void truncatedAndMissingFilesAreNamed() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("vit/model.safetensors"));
    for (int length : new int[] {0, 3, 9, 500, whole.length - 1}) {
      Path file = folder.resolve("cut-" + length + ".safetensors");
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> SafetensorsFile.open(file))
          .isInstanceOf(InvalidModelFile.class)
          .hasMessageContaining(file.getFileName().toString());
    }
    assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("none.safetensors")))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("no such file");
    assertThatThrownBy(() -> SafetensorsFile.open(folder)).isInstanceOf(InvalidModelFile.class);
  }

  /** 5,000 files, each with one to eight damaged bytes or a damaged number in its header. */
  @Test
  void mutatedHeadersGiveOnlyTheDeclaredErrors() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("resnet/model.safetensors"));
    int header = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    SplittableRandom random = new SplittableRandom(7);
    int[] refused = {0};
    Assertions.assertTimeout(
        Duration.ofSeconds(30),
        () -> {
          for (int i = 0; i < 5_000; i++) {
            byte[] mutated =
                i % 2 == 0 ? flipped(whole, header, random) : renumbered(whole, header, random);
            try {
              SafetensorsFile.of("mutant " + i, ByteBuffer.wrap(mutated)).close();
            } catch (InvalidModelFile | UnsupportedModel e) {
              assertThat(e).hasMessageContaining("mutant " + i);
              assertThat(e.getMessage().length()).isLessThan(2_000);
              refused[0]++;
            }
          }
        });
    assertThat(refused[0]).isGreaterThan(4_000);
  }

  private static byte[] flipped(byte[] whole, int header, SplittableRandom random) {
    byte[] mutated = whole.clone();
    int damage = random.nextInt(1, 9);
    for (int k = 0; k < damage; k++) {
      int at = random.nextInt(10) == 0 ? random.nextInt(8) : 8 + random.nextInt(header);
      mutated[at] = (byte) random.nextInt(256);
    }
    return mutated;
  }

  /** Replaces one run of digits by another number, so that the JSON stays valid. */
  private static byte[] renumbered(byte[] whole, int header, SplittableRandom random) {
    String json = new String(whole, 8, header, StandardCharsets.UTF_8);
    int at = random.nextInt(json.length());
    while (!Character.isDigit(json.charAt(at))) {
      at = (at + 1) % json.length();
    }
    int end = at;
    while (Character.isDigit(json.charAt(end))) {
      end++;
    }
    long number = random.nextLong() >>> random.nextInt(64);
    byte[] mutated =
        (json.substring(0, at) + number + json.substring(end)).getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + mutated.length + whole.length - 8 - header)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(mutated.length)
        .put(mutated)
        .put(whole, 8 + header, whole.length - 8 - header)
        .array();
  }
}
