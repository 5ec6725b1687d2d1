package org.safety4j.defenses.vision.adversarial;

import org.junit.jupiter.api.Nested;
import org.safety4j.core.defense.ImageShield;
import org.safety4j.testkit.ImageShieldContract;

class ShieldContractsTest {
  @Nested
  class Smoothing extends ImageShieldContract {
    @Override
    protected ImageShield shield() {
      return RandomizedSmoothing.gaussian(0.05).withCopies(6);
    }
  }

  @Nested
  class FreshSmoothing extends ImageShieldContract {
    @Override
    protected ImageShield shield() {
      return RandomizedSmoothing.gaussian(0.05).withCopies(6).withFreshNoise();
    }

    @Override
    protected boolean random() {
      return true;
    }
  }

  @Nested
  class Jpeg extends ImageShieldContract {
    @Override
    protected ImageShield shield() {
      return JpegCompression.quality(75);
    }
  }

  @Nested
  class SmoothJpeg extends ImageShieldContract {
    @Override
    protected ImageShield shield() {
      return JpegCompression.quality(75).withSmoothBackward();
    }
  }

  @Nested
  class Bits extends ImageShieldContract {
    @Override
    protected ImageShield shield() {
      return BitDepth.bits(3);
    }
  }

  @Nested
  class Median extends ImageShieldContract {
    @Override
    protected ImageShield shield() {
      return MedianSmoothing.width(2);
    }

    @Override
    protected double utility() {
      return 0.3; // the images are noise
    }
  }

  @Nested
  class Variation extends ImageShieldContract {
    @Override
    protected ImageShield shield() {
      return TotalVariation.weight(0.01).withKeep(0.9).withSteps(30);
    }
  }
}
