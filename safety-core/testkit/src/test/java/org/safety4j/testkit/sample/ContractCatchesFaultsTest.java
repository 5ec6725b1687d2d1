package org.safety4j.testkit.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** The contract is worth something only if it fails: every fault must be caught by its own rule. */
class ContractCatchesFaultsTest {
  private static final Map<SignAttack.Fault, String> CAUGHT_BY =
      Map.of(
          SignAttack.Fault.LEAVES_THE_BALL, "staysWithinBallAndBox()",
          SignAttack.Fault.IGNORES_CANCELLATION, "cancelsWithinOneStep()",
          SignAttack.Fault.LEAKS, "keepsMemoryFlat()",
          SignAttack.Fault.COUNTS_WRONG, "reportsTheQueriesThatAreCounted()",
          SignAttack.Fault.SHARES_RANDOMNESS, "givesTheSameHoweverTheDataIsSplit()",
          SignAttack.Fault.DOES_NOTHING, "foolsTheModelSomewhere()",
          SignAttack.Fault.CLAIMS_TOO_MUCH, "changesNothingWithoutRoom()");

  static List<SignAttack.Fault> faults() {
    return SignAttack.faults();
  }

  @ParameterizedTest
  @MethodSource("faults")
  void everyFaultIsCaughtByItsRule(SignAttack.Fault fault) {
    assertThat(failures(fault)).contains(CAUGHT_BY.get(fault));
  }

  @Test
  void anAttackWithoutFaultPasses() {
    assertThat(failures(SignAttack.Fault.NONE)).isEmpty();
  }

  private static List<String> failures(SignAttack.Fault fault) {
    FaultyAttack.fault = fault;
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(FaultyAttack.class))
            .build();
    LauncherFactory.create().execute(request, listener);
    assertThat(listener.getSummary().getTestsFoundCount()).isGreaterThan(15);
    return listener.getSummary().getFailures().stream()
        .map(f -> f.getTestIdentifier().getDisplayName())
        .toList();
  }
}
