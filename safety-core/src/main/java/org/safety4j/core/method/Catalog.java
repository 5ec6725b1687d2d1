package org.safety4j.core.method;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.safety4j.core.error.NearNames;
import org.safety4j.core.error.NoSuchMethod;

/**
 * Finds methods by id. Works without native code.
 *
 * <pre>{@code
 * Catalog.methods().stream().filter(m -> m.threat() == Threat.JAILBREAK).forEach(m -> log.info("{}", m));
 * Catalog.method("core-pgd").citation();
 * }</pre>
 */
public final class Catalog {
  private final TreeMap<String, MethodProvider.Entry> entries = new TreeMap<>();

  private Catalog(Iterable<MethodProvider> providers) {
    for (MethodProvider provider : providers) {
      for (MethodProvider.Entry entry : provider.entries()) {
        MethodProvider.Entry other = entries.putIfAbsent(entry.info().id(), entry);
        if (other != null) {
          throw new IllegalStateException(
              "two methods have the id "
                  + entry.info().id()
                  + ": "
                  + other.className()
                  + " and "
                  + entry.className());
        }
      }
    }
  }

  private static final class Holder {
    static final Catalog INSTANCE = new Catalog(ServiceLoader.load(MethodProvider.class));
  }

  /**
   * Makes a catalogue of given providers, for tests and for class loaders of one's own.
   *
   * @param providers who lists methods
   * @return the catalogue
   * @throws IllegalStateException if two entries have one id
   */
  public static Catalog of(Iterable<MethodProvider> providers) {
    return new Catalog(providers);
  }

  /**
   * Lists every registered method.
   *
   * @return descriptions, by id
   */
  public static List<MethodInfo> methods() {
    List<MethodInfo> infos = new ArrayList<>();
    for (MethodProvider.Entry entry : entries()) {
      infos.add(entry.info());
    }
    return infos;
  }

  /**
   * Lists every registered method with its class.
   *
   * @return entries, by id
   */
  public static List<MethodProvider.Entry> entries() {
    return Holder.INSTANCE.list();
  }

  /**
   * Lists this catalogue's methods.
   *
   * @return entries, by id
   */
  public List<MethodProvider.Entry> list() {
    List<MethodProvider.Entry> list = new ArrayList<>(entries.values());
    list.sort(Comparator.comparing(e -> e.info().id()));
    return list;
  }

  /**
   * Describes a method.
   *
   * @param id the method's id
   * @return its description
   * @throws NoSuchMethod if there is none; the message lists near ids
   */
  public static MethodInfo method(String id) {
    return Holder.INSTANCE.find(id).info();
  }

  /**
   * Makes a method in its default configuration.
   *
   * @param id the method's id
   * @return the method
   * @throws NoSuchMethod if there is none; the message lists near ids
   */
  public static Method create(String id) {
    return Holder.INSTANCE.find(id).create().get();
  }

  /**
   * Finds a method of this catalogue.
   *
   * @param id the method's id
   * @return its entry
   * @throws NoSuchMethod if there is none; the message lists near ids
   */
  public MethodProvider.Entry find(String id) {
    MethodProvider.Entry entry = entries.get(id);
    if (entry == null) {
      throw new NoSuchMethod("no method \"" + id + "\"" + NearNames.hint(id, entries.keySet()));
    }
    return entry;
  }
}
