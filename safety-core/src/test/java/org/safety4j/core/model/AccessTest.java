package org.safety4j.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.safety4j.core.attack.CrossEntropy;
import org.safety4j.core.error.AccessDenied;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.run.Budget;
import org.safety4j.core.tensor.Ops;
import org.safety4j.core.tensor.Tensors;

class AccessTest {
  /** A family with a view, as dual encoders and chat models have. */
  interface Scored extends ImageClassifier.Gray {
    @View
    default ImageClassifier.Gray doubled() {
      Scored self = this;
      return ImageClassifier.gray(
          2,
          batch -> {
            float[] z = self.logits(batch).mul(2).toFloatArray();
            float[][] rows = new float[z.length / 2][];
            for (int i = 0; i < rows.length; i++) {
              rows[i] = new float[] {z[2 * i], z[2 * i + 1]};
            }
            return rows;
          });
    }
  }

  /** Two classes: bright or dark. */
  private static final class Brightness implements Scored, ImageClassifier.White {
    private boolean closed;

    @Override
    public NDArray logits(NDArray images) {
      NDArray mean = Ops.mean(images, 1, 2, 3);
      return mean.neg().stack(mean, 1);
    }

    @Override
    public Linearized linearize(NDArray images) {
      NDArray z = logits(images);
      return new Linearized() {
        @Override
        public NDArray logits() {
          return z;
        }

        @Override
        public NDArray pullback(NDArray c) {
          NDArray rise = c.get(":, 1").sub(c.get(":, 0")).reshape(-1, 1, 1, 1);
          return images.onesLike().mul(rise).div(images.getShape().slice(1).size());
        }

        @Override
        public void close() {
          z.close();
        }
      };
    }

    @Override
    public List<String> layers() {
      return List.of();
    }

    @Override
    public NDArray features(NDArray images, String layer) {
      throw new IllegalArgumentException("no layers");
    }

    @Override
    public Shape inputShape() {
      return new Shape(1, 2, 2);
    }

    @Override
    public NDManager manager() {
      throw new UnsupportedOperationException("not needed here");
    }

    @Override
    public int classes() {
      return 2;
    }

    @Override
    public ModelCard card() {
      return ModelCard.named("brightness");
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private NDManager manager;
  private NDArray images;
  private final Brightness model = new Brightness();

  @BeforeEach
  void open() {
    manager = Tensors.newManager();
    images = manager.ones(new Shape(3, 1, 2, 2));
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void aGrayProxyCannotBeCastToWhite() {
    ImageClassifier.Gray gray =
        Access.restrict(model, ImageClassifier.Gray.class, Budget.unlimited());
    assertThat(gray).isNotInstanceOf(ImageClassifier.White.class);
    assertThat(Access.of(gray.getClass())).isEqualTo(Access.GRAY_BOX);
    ImageClassifier.Black black =
        Access.restrict(model, ImageClassifier.Black.class, Budget.unlimited());
    assertThat(black).isNotInstanceOf(ImageClassifier.Gray.class);
    assertThat(Access.of(black.getClass())).isEqualTo(Access.BLACK_BOX);
  }

  @Test
  void countsEverySampleOnceForwardOrGradient() {
    ImageClassifier.White white =
        Access.restrict(model, ImageClassifier.White.class, Budget.unlimited());
    assertThat(white.labels(images)).containsExactly(1, 1, 1);
    assertThat(Access.usage(white).queries()).isEqualTo(3);
    white.logits(Ops.rows(images, 0));
    assertThat(Access.usage(white).queries()).isEqualTo(4);
    Usage before = Access.usage(white);
    white.gradient(images, Ops.index(manager, 0, 0, 0), CrossEntropy.untargeted());
    Usage used = Access.usage(white).since(before);
    assertThat(used.queries()).isEqualTo(3);
    assertThat(used.gradients()).isEqualTo(3);
    white.linearize(images).close();
    assertThat(Access.usage(white).gradients()).isEqualTo(6);
    assertThat(Access.usage(white).seconds()).isPositive();
    assertThat(white.classes()).isEqualTo(2);
    assertThat(Access.usage(white).queries()).isEqualTo(10);
  }

  @Test
  void aBudgetOfQueriesIsNeverOverrun() {
    ImageClassifier.Gray gray =
        Access.restrict(model, ImageClassifier.Gray.class, Budget.unlimited().withTotalQueries(7));
    gray.logits(images);
    gray.labels(images);
    assertThatThrownBy(() -> gray.logits(images))
        .isInstanceOf(BudgetExceeded.class)
        .hasMessage("the budget of 7 queries does not allow 3 more after 6");
    assertThat(Access.usage(gray).queries()).isEqualTo(6);
    gray.logits(Ops.rows(images, 0));
    assertThat(Access.usage(gray).queries()).isEqualTo(7);
  }

  @Test
  void aBudgetOfSecondsEnds() throws InterruptedException {
    ImageClassifier.Gray gray =
        Access.restrict(model, ImageClassifier.Gray.class, Budget.seconds(0.02));
    Thread.sleep(40);
    assertThatThrownBy(() -> gray.labels(images)).isInstanceOf(BudgetExceeded.class);
  }

  @Test
  void theBudgetCanBeAskedFor() {
    Budget budget = Budget.queries(17);
    ImageClassifier.Gray gray = Access.restrict(model, ImageClassifier.Gray.class, budget);
    assertThat(Access.budget(gray)).isEqualTo(budget);
    assertThat(Access.budget(model)).isEqualTo(Budget.unlimited());
    assertThat(Access.isRestricted(gray)).isTrue();
    assertThat(Access.isRestricted(model)).isFalse();
    assertThatThrownBy(() -> Access.usage(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("brightness");
  }

  @Test
  void whatAViewAsksIsCountedAndLimited() {
    Scored scored = Access.restrict(model, Scored.class, Budget.unlimited().withTotalQueries(5));
    ImageClassifier.Gray view = scored.doubled();
    view.logits(images);
    assertThat(Access.usage(scored).queries()).isEqualTo(3);
    assertThatThrownBy(() -> view.logits(images)).isInstanceOf(BudgetExceeded.class);
  }

  @Test
  void closingTheProxyLeavesTheModelOpen() {
    Access.restrict(model, ImageClassifier.Gray.class, Budget.unlimited()).close();
    assertThat(model.closed).isFalse();
  }

  @Test
  void aRungMustBeAnInterface() {
    assertThatThrownBy(() -> Access.restrict(model, Brightness.class, Budget.unlimited()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rung must be an interface");
  }

  /** A rung that would show its weights. */
  interface Open extends Model {
    NDArray weights();
  }

  @Test
  void anArrayThatIsNotAnAnswerIsNotHandedOut() {
    Open open =
        new Open() {
          @Override
          public NDArray weights() {
            return images;
          }

          @Override
          public ModelCard card() {
            return ModelCard.named("open");
          }

          @Override
          public void close() {}
        };
    assertThatThrownBy(() -> Access.restrict(open, Open.class, Budget.unlimited()).weights())
        .isInstanceOf(AccessDenied.class)
        .hasMessageContaining("weights");
  }

  @Test
  void errorsOfTheModelComeThroughAsTheyAre() {
    ImageClassifier.White white =
        Access.restrict(model, ImageClassifier.White.class, Budget.unlimited());
    assertThatThrownBy(() -> white.features(images, "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no layers");
  }
}
