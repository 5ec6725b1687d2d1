package org.safety4j.bench.stats;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The coordinates of one piece of a campaign's work: they say everything that its result depends
 * on.
 *
 * @param data id of the data's source
 * @param checksum checksum of the data's contents
 * @param model id of the model's source
 * @param defense the defense, never null: {@link MethodRef#isNone()} for the undefended model
 * @param attack the attack; null for the baseline, which measures accuracy without attack
 * @param seed the campaign's seed
 * @param draw the number of the draw of a random defense, from 0
 * @param held ids of the sources of data that defenses may use
 * @param budget what the attack may use; a baseline does not depend on it
 * @param library version of this library
 */
public record Cell(
    String data,
    String checksum,
    String model,
    MethodRef defense,
    MethodRef attack,
    long seed,
    int draw,
    String held,
    String budget,
    String library) {
  /**
   * The cell's content hash: equal for equal coordinates, on every machine.
   *
   * @return 24 hex digits of a SHA-256
   */
  public String key() {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      add(sha, data);
      add(sha, checksum);
      add(sha, model);
      add(sha, defense.id());
      add(sha, defense.config());
      add(sha, attack == null ? "baseline" : attack.id());
      add(sha, attack == null ? "" : attack.config());
      add(sha, Long.toString(seed));
      add(sha, Integer.toString(draw));
      add(sha, held);
      add(sha, attack == null ? "" : budget);
      add(sha, library);
      return HexFormat.of().formatHex(sha.digest(), 0, 12);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void add(MessageDigest sha, String part) {
    byte[] bytes = part.getBytes(UTF_8);
    sha.update((bytes.length + ":").getBytes(UTF_8));
    sha.update(bytes);
  }

  /**
   * The same coordinates for another attack.
   *
   * @param other the attack; null for the baseline
   * @return a copy
   */
  public Cell withAttack(MethodRef other) {
    return new Cell(data, checksum, model, defense, other, seed, draw, held, budget, library);
  }

  /**
   * The same coordinates for another draw of the defense.
   *
   * @param other the draw's number, from 0
   * @return a copy
   */
  public Cell withDraw(int other) {
    return new Cell(data, checksum, model, defense, attack, seed, other, held, budget, library);
  }
}
