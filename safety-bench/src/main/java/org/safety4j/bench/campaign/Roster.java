package org.safety4j.bench.campaign;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.safety4j.bench.stats.MethodRef;
import org.safety4j.core.attack.EvasionAttack;
import org.safety4j.core.defense.Defense;

/** A campaign's methods by the names that cells give them. Thread-safe. */
final class Roster {
  private final Map<MethodRef, Defense<?, ?>> defenses = new LinkedHashMap<>();
  private final Map<MethodRef, EvasionAttack<?>> attacks = new LinkedHashMap<>();
  private final Set<MethodRef> listed;
  private final Adaptive adaptive;

  Roster(List<Defense<?, ?>> defenses, List<EvasionAttack<?>> attacks) {
    this.defenses.put(none(), None.defense());
    defenses.forEach(defense -> this.defenses.put(Refs.of(defense), defense));
    attacks.forEach(attack -> this.attacks.put(Refs.of(attack), attack));
    this.listed = Set.copyOf(this.attacks.keySet());
    this.adaptive = new Adaptive(attacks);
  }

  static MethodRef none() {
    return Refs.of(None.defense());
  }

  /** The defenses, the undefended model first. */
  List<MethodRef> defenses() {
    return List.copyOf(defenses.keySet());
  }

  Defense<?, ?> defense(MethodRef ref) {
    return defenses.get(ref);
  }

  /** The attacks that the campaign lists. */
  synchronized List<MethodRef> attacks() {
    return attacks.keySet().stream().filter(listed::contains).toList();
  }

  synchronized EvasionAttack<?> attack(MethodRef ref) {
    return attacks.get(ref);
  }

  /** The adaptive attacks of some ids that the campaign does not list. */
  synchronized List<MethodRef> adaptive(List<String> ids, boolean random) {
    List<MethodRef> refs = new ArrayList<>();
    for (EvasionAttack<?> attack : adaptive.of(ids, random)) {
      MethodRef ref = Refs.of(attack);
      attacks.putIfAbsent(ref, attack);
      refs.add(ref);
    }
    return refs;
  }
}
