package org.safety4j.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;
import org.safety4j.core.model.diffusion.Ddim;
import org.safety4j.core.model.diffusion.DpmSolver;
import org.safety4j.core.model.diffusion.Sampler;
import org.safety4j.core.model.diffusion.Spacing;

class DiffusersSamplersTest {
  private static Sampler sampler(String type, String more) {
    HfConfig json =
        HfConfig.parse(
            "scheduler_config.json",
            "{\"_class_name\": \""
                + type
                + "\", \"num_train_timesteps\": 1000"
                + (more.isEmpty() ? "" : ", " + more)
                + "}");
    return DiffusersConfigs.sampler(json, DiffusersConfigs.schedule(json));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "DDPMScheduler|\"thresholding\": true|thresholding",
        "DDPMScheduler|\"variance_type\": \"learned_range\"|variance_type",
        "DDIMScheduler|\"thresholding\": true|thresholding",
        "DPMSolverMultistepScheduler|\"thresholding\": true|thresholding",
        "DPMSolverMultistepScheduler|\"solver_order\": 3|solver_order",
        "DPMSolverMultistepScheduler|\"solver_order\": 1|solver_order",
        "DPMSolverMultistepScheduler|\"solver_type\": \"heun\"|solver_type",
        "DPMSolverMultistepScheduler|\"algorithm_type\": \"sde-dpmsolver++\"|algorithm_type",
        "DPMSolverMultistepScheduler|\"final_sigmas_type\": \"sigma_min\"|final_sigmas_type",
        "DPMSolverMultistepScheduler|\"use_lu_lambdas\": true|use_lu_lambdas",
        "DPMSolverMultistepScheduler|\"use_exponential_sigmas\": true|use_exponential_sigmas",
        "DPMSolverMultistepScheduler|\"use_beta_sigmas\": true|use_beta_sigmas",
        "DPMSolverMultistepScheduler|\"use_flow_sigmas\": true|use_flow_sigmas",
        "DPMSolverMultistepScheduler|\"lambda_min_clipped\": -5.1|lambda_min_clipped",
        "DPMSolverMultistepScheduler|\"variance_type\": \"learned\"|variance_type",
      })
  void refusesByNameWhatWouldChangeTheSamples(String type, String option, String field) {
    assertThatThrownBy(() -> sampler(type, option))
        .isInstanceOf(UnsupportedModel.class)
        .hasMessageContaining("\"" + field + "\"")
        .hasMessageContaining("not supported");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"lambda_min_clipped\": -Infinity, \"thresholding\": false, \"variance_type\": null",
        "\"solver_type\": \"bh2\", \"solver_order\": 2, \"algorithm_type\": \"dpmsolver++\"",
        "\"use_lu_lambdas\": false, \"final_sigmas_type\": \"zero\", \"euler_at_final\": true",
      })
  void takesOptionsThatChangeNothing(String options) {
    assertThat(sampler("DPMSolverMultistepScheduler", options))
        .isEqualTo(new DpmSolver(20, false, Spacing.LINSPACE, 0));
  }

  @Test
  void aSamplerThatIsNotImplementedIsReplaced() {
    assertThat(sampler("PNDMScheduler", "\"steps_offset\": 1"))
        .isEqualTo(new Ddim(50, 0, Spacing.LEADING, 1, false, Sampler.NO_CLIP));
  }

  @Test
  void aBoundMustBeANumber() {
    assertThatThrownBy(
            () -> sampler("DPMSolverMultistepScheduler", "\"lambda_min_clipped\": \"low\""))
        .isInstanceOf(InvalidModelFile.class)
        .hasMessageContaining("lambda_min_clipped")
        .hasMessageContaining("a number or an infinity");
  }
}
