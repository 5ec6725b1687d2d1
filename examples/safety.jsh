// A JShell session with Safety4J at hand; README.md says how to start it.
import ai.djl.ndarray.*
import ai.djl.ndarray.types.*
import java.nio.file.*
import java.util.*
import java.util.stream.*
import org.safety4j.attacks.vision.adversarial.*
import org.safety4j.bench.campaign.*
import org.safety4j.bench.report.*
import org.safety4j.core.attack.*
import org.safety4j.core.data.*
import org.safety4j.core.defense.*
import org.safety4j.core.load.*
import org.safety4j.core.method.*
import org.safety4j.core.metric.*
import org.safety4j.core.model.*
import org.safety4j.core.run.*
import org.safety4j.core.tensor.*
import org.safety4j.datasets.images.*
import org.safety4j.datasets.zoo.*
import org.safety4j.defenses.vision.adversarial.*
import org.safety4j.examples.*

<T extends Artifact> T open(Source<T> source) { return source.open(); }
LabeledImages digits(int n) { return Digits.test().first(n).open(); }
Pgd pgd(double epsilon) { return Pgd.linf(epsilon); }
Run seed(long seed) { return Run.seed(seed); }
Path show(EvasionResult result, LabeledImages originals) { return PictureSheet.show(result, originals); }
List<String> methods() { return Catalog.methods().stream().map(MethodInfo::id).toList(); }

System.out.println("Safety4J: " + Catalog.methods().size() + " methods. Try:")
System.out.println("  var vit = open(Zoo.digitsVit())")
System.out.println("  var images = digits(16)")
System.out.println("  var result = pgd(0.1).run(vit, images, seed(0))")
System.out.println("  show(result, images)")
