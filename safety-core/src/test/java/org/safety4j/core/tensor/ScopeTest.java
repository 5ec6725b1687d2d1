package org.safety4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScopeTest {
  private NDManager manager;
  private NDArray x;

  @BeforeEach
  void open() {
    manager = Tensors.newManager();
    x = manager.ones(new Shape(2));
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static void assertFreed(NDArray array) {
    assertThatThrownBy(array::toFloatArray).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void freesWhatIsMadeAndNotKeptWhateverManagerItHangsOn() {
    NDArray kept;
    NDArray dropped;
    try (Scope scope = Scope.open()) {
      dropped = x.add(1);
      kept = scope.keep(dropped.mul(2));
    }
    assertThat(kept.toFloatArray()).containsExactly(4, 4);
    assertFreed(dropped);
    assertThat(x.toFloatArray()).containsExactly(1, 1);
  }

  @Test
  void whatAnInnerScopeKeepsBelongsToTheNextOuterOne() {
    NDArray fromInner;
    NDArray fromOuter;
    try (Scope outer = Scope.open()) {
      try (Scope inner = Scope.open()) {
        fromInner = inner.keep(x.add(1));
      }
      assertThat(fromInner.toFloatArray()).containsExactly(2, 2);
      try (Scope inner = Scope.open()) {
        fromOuter = inner.keep(x.add(2));
      }
      outer.keep(fromOuter);
    }
    assertFreed(fromInner);
    assertThat(fromOuter.toFloatArray()).containsExactly(3, 3);
  }

  @Test
  void whatIsReleasedOutlivesEveryScopeAndDiesWithItsOwner() {
    NDManager owner = Tensors.newManager();
    NDArray released;
    try (Scope outer = Scope.open();
        Scope inner = Scope.open()) {
      released = inner.release(x.add(5), owner);
    }
    assertThat(released.toFloatArray()).containsExactly(6, 6);
    owner.close();
    assertFreed(released);
  }

  @Test
  void keepingOnAnotherManagerMovesTheOwner() {
    NDManager owner = Tensors.newManager();
    NDArray moved;
    try (Scope scope = Scope.open()) {
      moved = scope.keep(x.add(1), owner);
    }
    assertThat(moved.getManager()).isSameAs(owner);
    owner.close();
    assertFreed(moved);
  }

  @Test
  void keepingNullIsAllowed() {
    try (Scope scope = Scope.open()) {
      NDArray nothing = null;
      assertThat(scope.keep(nothing)).isNull();
    }
  }

  @Test
  void aLoopKeepsTheNumberOfLiveArraysFlat() {
    NDArray state = Ops.copy(x);
    int before = Tensors.liveArrays();
    for (int i = 0; i < 50; i++) {
      try (Scope scope = Scope.open()) {
        Ops.overwrite(state, state.add(x).mul(0.5).sin());
      }
      assertThat(Tensors.liveArrays()).isEqualTo(before);
    }
  }
}
