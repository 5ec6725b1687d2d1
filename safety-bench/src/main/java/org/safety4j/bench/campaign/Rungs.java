package org.safety4j.bench.campaign;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.safety4j.core.model.Model;

/** Which rungs a model offers, by name, so that a journal can hold them. */
final class Rungs {
  private Rungs() {}

  /** Full names of all model interfaces of a model's class, the class itself left out. */
  static List<String> of(Model model) {
    Set<Class<?>> found = new LinkedHashSet<>();
    collect(model.getClass(), found);
    return found.stream().map(Class::getName).sorted().toList();
  }

  /** The most specific rungs of a model, as people write them. */
  static List<String> highest(Model model) {
    Set<Class<?>> found = new LinkedHashSet<>();
    collect(model.getClass(), found);
    List<String> highest = new ArrayList<>();
    for (Class<?> rung : found) {
      boolean covered = false;
      for (Class<?> other : found) {
        covered |= other != rung && rung.isAssignableFrom(other);
      }
      if (!covered) {
        highest.add(name(rung));
      }
    }
    highest.sort(null);
    return highest;
  }

  private static void collect(Class<?> type, Set<Class<?>> into) {
    if (type == null) {
      return;
    }
    if (type.isInterface() && Model.class.isAssignableFrom(type) && type != Model.class) {
      into.add(type);
    }
    for (Class<?> parent : type.getInterfaces()) {
      collect(parent, into);
    }
    collect(type.getSuperclass(), into);
  }

  /** A type's name without its package: {@code ImageClassifier.White}. */
  static String name(Class<?> type) {
    String full = type.getName();
    return full.substring(full.lastIndexOf('.') + 1).replace('$', '.');
  }
}
