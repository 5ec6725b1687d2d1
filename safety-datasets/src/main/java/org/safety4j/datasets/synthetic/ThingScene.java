package org.safety4j.datasets.synthetic;

import java.util.List;

/**
 * A small picture of some things over a textured background, with questions about it.
 *
 * @param side rows and columns
 * @param pixels planes R, G, B in [0, 1], {@code side} rows of {@code side} samples each
 * @param backdrop the background
 * @param items the things, the farthest first
 * @param names the things' names, in the order of the items
 * @param questions at most one of each kind, with the right answers; a held-out scene has none that
 *     asks for a description
 */
public record ThingScene(
    int side,
    float[] pixels,
    Backdrop backdrop,
    List<SceneItem> items,
    List<String> names,
    List<SceneQuestion> questions) {
  /**
   * Copies the lists.
   *
   * @param side rows and columns
   * @param pixels planes R, G, B in [0, 1]
   * @param backdrop the background
   * @param items the things, the farthest first
   * @param names the things' names, in the order of the items
   * @param questions at most one of each kind, with the right answers
   */
  public ThingScene {
    items = List.copyOf(items);
    names = List.copyOf(names);
    questions = List.copyOf(questions);
  }
}
