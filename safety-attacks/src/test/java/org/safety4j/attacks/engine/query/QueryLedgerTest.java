package org.safety4j.attacks.engine.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;
import org.safety4j.core.model.Access;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Budget;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Scope;
import org.safety4j.core.tensor.Tensors;
import org.safety4j.testkit.models.TinyMlp;

class QueryLedgerTest {
  @Test
  void countsEachSampleAndTheSum() {
    QueryLedger ledger = new QueryLedger(3, 5, 7);
    ledger.charge(new int[] {0, 2, 2}, 0, 3);
    assertThat(ledger.spent(0)).isEqualTo(1);
    assertThat(ledger.spent(1)).isZero();
    assertThat(ledger.spent(2)).isEqualTo(2);
    assertThat(ledger.left(2)).isEqualTo(3);
    assertThat(ledger.totalSpent()).isEqualTo(3);
    assertThat(ledger.totalLeft()).isEqualTo(4);
  }

  @Test
  void aSampleHasNoMoreThanTheTotal() {
    QueryLedger ledger = new QueryLedger(2, 100, 3);
    ledger.charge(new int[] {0, 0}, 0, 2);
    assertThat(ledger.left(1)).isEqualTo(1);
  }

  @Test
  void aRefusedChargeSpendsNothing() {
    QueryLedger ledger = new QueryLedger(2, 2, 100);
    assertThatThrownBy(() -> ledger.charge(new int[] {1, 0, 0, 0}, 0, 4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("sample 0");
    assertThat(ledger.totalSpent()).isZero();
    assertThat(ledger.totalLeft()).isEqualTo(100);
  }

  @Test
  void keepsTheFirstReasonForClosing() {
    QueryLedger ledger = new QueryLedger(1, 2, 100);
    assertThat(ledger.isOpen()).isTrue();
    ledger.close("first");
    ledger.close("second");
    assertThat(ledger.isOpen()).isFalse();
    assertThat(ledger.left(0)).isZero();
    assertThat(ledger.closedBecause()).isEqualTo("first");
  }

  @Test
  void takesTheSmallestOfMethodRunAndModel() {
    try (TinyMlp model = TinyMlp.create()) {
      Run run = Run.seed(0);
      assertThat(QueryLedger.of(model, run, 4, 9).perSample()).isEqualTo(9);
      Budget eight = Budget.queries(8).withTotalQueries(20);
      ImageClassifier.Gray restricted = Access.restrict(model, ImageClassifier.Gray.class, eight);
      assertThat(QueryLedger.of(restricted, run, 4, 9).perSample()).isEqualTo(8);
      assertThat(QueryLedger.of(restricted, run, 4, 9).totalLeft()).isEqualTo(20);
      Run six = run.withBudget(Budget.queries(6).withTotalQueries(19));
      assertThat(QueryLedger.of(restricted, six, 4, 9).perSample()).isEqualTo(6);
      assertThat(QueryLedger.of(restricted, six, 4, 9).totalLeft()).isEqualTo(19);
    }
  }

  @Test
  void earlierQueriesOfARestrictedModelAreGone() {
    try (TinyMlp model = TinyMlp.create();
        NDManager manager = Tensors.newManager();
        Scope scope = Scope.open()) {
      ImageClassifier.Gray restricted =
          Access.restrict(
              model, ImageClassifier.Gray.class, Budget.unlimited().withTotalQueries(10));
      restricted.logits(manager.zeros(new Shape(3, 1, 8, 8)));
      assertThat(QueryLedger.of(restricted, Run.seed(0), 4, 9).totalLeft()).isEqualTo(7);
    }
  }
}
