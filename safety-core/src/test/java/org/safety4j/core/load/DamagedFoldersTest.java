package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.SafetyException;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.Model;

/** Folders of CLIP, SAM, LLaVA and diffusers whose files are damaged or of another model. */
class DamagedFoldersTest {
  private static Path copy(String fixture, Path to) {
    Path from = Fixtures.path(fixture);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void open(String fixture, Path folder) {
    switch (fixture) {
      case "unet2d", "unet2d-condition" -> DiffusionLoader.unet(folder).close();
      case "autoencoder-kl" -> DiffusionLoader.autoencoder(folder).close();
      case "pipeline-text", "pipeline-pixels" -> DiffusionLoader.open(folder).close();
      default -> Models.open(folder, Model.class).close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "clip; config.json; \"projection_dim\": 20; \"projection_dim\": 21; projection.weight",
        "clip; config.json; \"num_hidden_layers\": 2; \"num_hidden_layers\": 2000000000; layers.2",
        "clip; config.json; \"patch_size\": 8; \"patch_size\": 6; patch_embedding.weight",
        "clip; config.json; \"num_attention_heads\": 3; \"num_attention_heads\": 5; divisible by heads",
        "clip; config.json; \"vocab_size\": 300; \"vocab_size\": 200; 200",
        "sam; config.json; \"window_size\": 3; \"window_size\": 4; rel_pos_h",
        "sam; config.json; \"num_hidden_layers\": 3; \"num_hidden_layers\": 2000000000; layers.3",
        "sam; config.json; \"image_size\": 48; \"image_size\": 49; image_size",
        "sam; config.json; \"iou_head_depth\": 3; \"iou_head_depth\": 4; iou_prediction_head.layers.1",
        "sam; config.json; \"num_pos_feats\": 8; \"num_pos_feats\": 9; num_pos_feats",
        "llava; config.json; \"image_token_index\": 4; \"image_token_index\": 4000; imageToken",
        "llava; config.json; \"model_type\": \"llama\"; \"model_type\": \"phi\"; \"phi\"",
        "unet2d; config.json; \"layers_per_block\": 1; \"layers_per_block\": 2000000000; resnets.1",
        "unet2d; config.json; \"act_fn\": \"silu\"; \"act_fn\": \"mish\"; mish",
        "unet2d; config.json; \"norm_num_groups\": 8; \"norm_num_groups\": 7; multiples of groups",
        "unet2d; config.json; \"positional\"; \"fourier\"; time_embedding_type",
        "unet2d-condition; config.json; \"UpBlock2D\"; \"ResnetUpsampleBlock2D\"; ResnetUpsampleBlock2D",
        "unet2d-condition; config.json; \"encoder_hid_dim\": null; \"encoder_hid_dim\": 8; encoder_hid_dim",
        "autoencoder-kl; config.json; \"UpDecoderBlock2D\"; \"AttnUpDecoderBlock2D\"; AttnUpDecoderBlock2D",
        "autoencoder-kl; config.json; \"latent_channels\": 4; \"latent_channels\": 5; conv_out",
        "pipeline-text; scheduler/scheduler_config.json; \"num_train_timesteps\": 1000; \"num_train_timesteps\": 2000000000; steps must be in",
        "pipeline-text; scheduler/scheduler_config.json; scaled_linear; sigmoid; sigmoid",
        "pipeline-text; vae/config.json; \"latent_channels\": 4; \"latent_channels\": 3; conv_out",
        "pipeline-text; text_encoder/config.json; CLIPTextModel; T5EncoderModel; T5EncoderModel",
        "pipeline-pixels; unet/config.json; \"out_channels\": 1; \"out_channels\": 2; conv_out.weight"
      })
  void whatDoesNotFitIsNamed(
      String fixture, String file, String from, String to, String named, @TempDir Path folder)
      throws IOException {
    copy(fixture, folder);
    Path edited = folder.resolve(file);
    String text = Files.readString(edited);
    assertThat(text).contains(from);
    Files.writeString(edited, text.replaceFirst(Pattern.quote(from), Matcher.quoteReplacement(to)));
    long start = System.nanoTime();
    assertThatThrownBy(() -> open(fixture, folder))
        .isInstanceOfAny(InvalidModelFile.class, UnsupportedModel.class)
        .hasMessageContaining(named);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
  }

  @Test
  void whateverNumbersAConfigHoldsTheOutcomeIsAModelOrOurError(@TempDir Path temporary)
      throws IOException {
    SplittableRandom random = new SplittableRandom(11);
    Pattern number = Pattern.compile("(?<=: )-?[0-9][0-9.e+-]*|true|false|\"[^\"]*\"(?=,?\\n)");
    List<String> values =
        List.of(
            "0", "-1", "3", "2147483647", "99999999999", "1e-300", "null", "\"x\"", "[]", "true");
    for (String fixture : List.of("clip", "sam", "unet2d-condition", "autoencoder-kl", "llava")) {
      Path folder = copy(fixture, temporary.resolve(fixture));
      Path config = folder.resolve("config.json");
      String text = Files.readString(config);
      List<int[]> places =
          number.matcher(text).results().map(m -> new int[] {m.start(), m.end()}).toList();
      for (int trial = 0; trial < 16; trial++) {
        int[] place = places.get(random.nextInt(places.size()));
        String value = values.get(random.nextInt(values.size()));
        Files.writeString(config, text.substring(0, place[0]) + value + text.substring(place[1]));
        String what =
            fixture + ": " + text.substring(Math.max(0, place[0] - 40), place[1]) + " -> " + value;
        try {
          open(fixture, folder);
        } catch (SafetyException e) {
          assertThat(e.getMessage()).as(what).isNotBlank();
        } catch (RuntimeException | OutOfMemoryError e) {
          throw new AssertionError(what, e);
        }
      }
    }
  }
}
