package org.safety4j.core.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.safety4j.core.error.InvalidModelFile;

/** The vocabulary that a {@code tokenizer.json} describes, read as a stream. */
final class Vocabulary {
  /** More than any vocabulary in use; bounds what a hostile file can claim. */
  private static final int MOST = 4_000_000;

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES) // tokens are read as names
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(64)
                      .maxStringLength(64 << 20)
                      .maxNumberLength(100)
                      .build())
              .build());

  private final String origin;
  private final Map<String, Integer> ids = new HashMap<>();
  private final BitSet special = new BitSet();
  private String[] tokens;

  private Vocabulary(String origin) {
    this.origin = origin;
  }

  static Vocabulary read(String origin, byte[] tokenizerJson) {
    Vocabulary vocabulary = new Vocabulary(origin);
    try (JsonParser in = JSON.createParser(tokenizerJson)) {
      vocabulary.expect(in, in.nextToken(), JsonToken.START_OBJECT);
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String field = in.currentName();
        JsonToken value = in.nextToken();
        if (field.equals("added_tokens") && value == JsonToken.START_ARRAY) {
          for (JsonNode token : JSON.<JsonNode>readTree(in)) {
            int id = token.path("id").asInt(-1);
            vocabulary.put(token.path("content").asText(""), id);
            vocabulary.special.set(id, token.path("special").asBoolean(false));
          }
        } else if (field.equals("model") && value == JsonToken.START_OBJECT) {
          vocabulary.readModel(in);
        } else {
          in.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new InvalidModelFile(origin + ": not a valid tokenizer.json: " + e.getMessage(), e);
    }
    if (vocabulary.ids.isEmpty()) {
      throw new InvalidModelFile(origin + ": the tokenizer has no vocabulary");
    }
    vocabulary.index();
    return vocabulary;
  }

  private void readModel(JsonParser in) throws IOException {
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String field = in.currentName();
      JsonToken value = in.nextToken();
      if (!field.equals("vocab")) {
        in.skipChildren();
      } else if (value == JsonToken.START_OBJECT) {
        while (in.nextToken() == JsonToken.FIELD_NAME) {
          String token = in.currentName();
          expect(in, in.nextToken(), JsonToken.VALUE_NUMBER_INT);
          put(token, in.getIntValue());
        }
      } else if (value == JsonToken.START_ARRAY) {
        for (int id = 0; in.nextToken() == JsonToken.START_ARRAY; id++) {
          expect(in, in.nextToken(), JsonToken.VALUE_STRING);
          put(in.getText(), id);
          while (in.nextToken() != JsonToken.END_ARRAY) {
            in.skipChildren();
          }
        }
      }
    }
  }

  private void expect(JsonParser in, JsonToken found, JsonToken wanted) {
    if (found != wanted) {
      throw new InvalidModelFile(
          origin
              + ": line "
              + in.currentLocation().getLineNr()
              + ": expected "
              + wanted
              + ", found "
              + found);
    }
  }

  private void put(String token, int id) {
    if (id < 0 || id >= MOST) {
      throw new InvalidModelFile(
          origin
              + ": token \""
              + token
              + "\" has the id "
              + id
              + ", which is not in [0, "
              + MOST
              + ")");
    }
    ids.put(token, id);
  }

  private void index() {
    int largest = 0;
    for (int id : ids.values()) {
      largest = Math.max(largest, id);
    }
    if (largest > 4L * ids.size() + 1_000) {
      throw new InvalidModelFile(
          origin
              + ": the largest id "
              + largest
              + " does not fit a vocabulary of "
              + ids.size()
              + " tokens");
    }
    tokens = new String[largest + 1];
    ids.forEach((token, id) -> tokens[id] = token);
  }

  int size() {
    return tokens.length;
  }

  String token(int id) {
    check(id);
    return tokens[id] == null ? "" : tokens[id];
  }

  Integer id(String token) {
    return ids.get(token);
  }

  boolean isSpecial(int id) {
    check(id);
    return special.get(id);
  }

  void check(int id) {
    if (id < 0 || id >= tokens.length) {
      throw new IllegalArgumentException(
          "token ids of this vocabulary are in [0, "
              + tokens.length
              + "), was "
              + id
              + " ("
              + origin
              + ")");
    }
  }

  /** The same tokenizer without added tokens, so that none is recognised in text. */
  static byte[] withoutAddedTokens(String origin, byte[] tokenizerJson) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(tokenizerJson.length);
    try (JsonParser in = JSON.createParser(tokenizerJson);
        JsonGenerator out = JSON.createGenerator(bytes)) {
      in.nextToken();
      out.writeStartObject();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String field = in.currentName();
        in.nextToken();
        out.writeFieldName(field);
        if (field.equals("added_tokens")) {
          in.skipChildren();
          out.writeStartArray();
          out.writeEndArray();
        } else if (field.equals("post_processor")) {
          in.skipChildren();
          out.writeNull();
        } else {
          out.copyCurrentStructure(in);
        }
      }
      out.writeEndObject();
    } catch (IOException e) {
      throw new InvalidModelFile(origin + ": not a valid tokenizer.json: " + e.getMessage(), e);
    }
    return bytes.toByteArray();
  }
}
