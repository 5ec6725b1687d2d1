package org.safety4j.attacks.vision.adversarial;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.safety4j.attacks.engine.perturb.Active;
import org.safety4j.attacks.engine.perturb.Attempt;
import org.safety4j.attacks.engine.perturb.Target;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.attack.EvasionResult;
import org.safety4j.core.attack.Norm;
import org.safety4j.core.data.LabeledImages;
import org.safety4j.core.error.BudgetExceeded;
import org.safety4j.core.error.Require;
import org.safety4j.core.method.MethodInfo;
import org.safety4j.core.model.ImageClassifier;
import org.safety4j.core.run.Run;
import org.safety4j.core.tensor.Scope;

/**
 * Rotates and shifts images over a grid, the smallest changes first, until the model errs.
 *
 * <p><b>Source</b>: Engstrom, Tran, Tsipras, Schmidt, Madry: Exploring the Landscape of Spatial
 * Robustness. ICML, 2019. <b>Deviations</b>: the grid is walked from the identity outwards, so that
 * the first success is a small one.
 *
 * <p>Takes no gradient; at most one query a grid point. What moves out of the picture leaves black
 * behind. Distances are reported in Linf of pixel values, which says little here.
 *
 * @param degrees largest rotation to either side, in [0, 180]; 30 by default
 * @param pixels largest shift to either side, along both axes, at least 0; 3 by default
 * @param angles how many angles, odd, at least 1; 31 by default
 * @param shifts how many shifts along each axis, odd, at least 1; 5 by default
 */
public record SpatialGrid(double degrees, double pixels, int angles, int shifts)
    implements EvasionAttack.White {
  private record Move(double angle, double dx, double dy, double size) {}

  /**
   * Checks the ranges.
   *
   * @param degrees largest rotation to either side, in [0, 180]; 30 by default
   * @param pixels largest shift to either side, along both axes, at least 0; 3 by default
   * @param angles how many angles, odd, at least 1; 31 by default
   * @param shifts how many shifts along each axis, odd, at least 1; 5 by default
   */
  public SpatialGrid {
    Require.inRange("degrees", degrees, 0, 180);
    Require.that(pixels >= 0, "pixels must be at least 0, was " + pixels);
    Require.that(angles >= 1 && angles % 2 == 1, "angles must be odd, were " + angles);
    Require.that(shifts >= 1 && shifts % 2 == 1, "shifts must be odd, were " + shifts);
  }

  /**
   * The paper's grid of 31 angles and 5 x 5 shifts.
   *
   * @param degrees largest rotation to either side, in [0, 180]
   * @param pixels largest shift to either side, at least 0
   * @return the attack
   */
  public static SpatialGrid within(double degrees, double pixels) {
    return new SpatialGrid(degrees, pixels, 31, 5);
  }

  /**
   * Changes the grid.
   *
   * @param angleCount how many angles, odd
   * @param shiftCount how many shifts along each axis, odd
   * @return a copy
   */
  public SpatialGrid withGrid(int angleCount, int shiftCount) {
    return new SpatialGrid(degrees, pixels, angleCount, shiftCount);
  }

  @Override
  public MethodInfo info() {
    return AdversarialMethods.SPATIAL;
  }

  @Override
  public EvasionResult run(ImageClassifier.White model, LabeledImages input, Run run) {
    try (Attempt attempt =
        Attempt.begin(info(), this, Norm.LINF, model, input, Target.any(), run)) {
      List<Move> moves = moves();
      try {
        for (int[] part : attempt.split(attempt.standing())) {
          try (Active active = attempt.activate(part)) {
            walk(attempt, active, moves);
          }
        }
      } catch (BudgetExceeded e) {
        attempt.exhaust(e);
      }
      return attempt.result();
    }
  }

  private void walk(Attempt attempt, Active active, List<Move> moves) {
    for (int m = 0; m < moves.size() && attempt.proceed(); m++) {
      attempt.dropPoor(active, 1);
      if (active.isEmpty()) {
        return;
      }
      boolean[] fell;
      try (Scope scope = Scope.open()) {
        NDArray x = active.originals();
        NDArray moved = RecipePrograms.call("moved", x, theta(x, moves.get(m)));
        attempt.stepped(active, m, new float[0]);
        fell = attempt.claim(active, moved, IntStream.range(0, active.size()).toArray());
      }
      active.keep(IntStream.range(0, fell.length).filter(i -> !fell[i]).toArray());
      attempt.run().listener().step(attempt.stage(), m + 1, moves.size(), active.size());
    }
  }

  private static NDArray theta(NDArray x, Move move) {
    int n = Math.toIntExact(x.getShape().get(0));
    double height = x.getShape().get(2);
    double width = x.getShape().get(3);
    double cos = Math.cos(move.angle);
    double sin = Math.sin(move.angle);
    float[] theta = new float[6 * n];
    for (int i = 0; i < n; i++) {
      theta[6 * i] = (float) cos;
      theta[6 * i + 1] = (float) (sin * height / width);
      theta[6 * i + 2] = (float) (2 * move.dx / width);
      theta[6 * i + 3] = (float) (-sin * width / height);
      theta[6 * i + 4] = (float) cos;
      theta[6 * i + 5] = (float) (2 * move.dy / height);
    }
    return x.getManager().create(theta, new Shape(n, 2, 3));
  }

  private List<Move> moves() {
    List<Move> moves = new ArrayList<>();
    for (double angle : line(degrees, angles)) {
      for (double dx : line(pixels, shifts)) {
        for (double dy : line(pixels, shifts)) {
          double size = share(angle, degrees) + share(dx, pixels) + share(dy, pixels);
          if (size > 0) {
            moves.add(new Move(Math.toRadians(angle), dx, dy, size));
          }
        }
      }
    }
    moves.sort(Comparator.comparingDouble(Move::size));
    return moves;
  }

  private static double share(double value, double most) {
    return most == 0 ? 0 : Math.abs(value) / most;
  }

  private static double[] line(double most, int count) {
    if (count == 1 || most == 0) {
      return new double[] {0};
    }
    return IntStream.range(0, count).mapToDouble(i -> most * (2.0 * i / (count - 1) - 1)).toArray();
  }
}
