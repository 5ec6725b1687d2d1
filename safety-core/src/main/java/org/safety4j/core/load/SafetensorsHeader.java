package org.safety4j.core.load;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.safety4j.core.error.InvalidModelFile;
import org.safety4j.core.error.UnsupportedModel;

/** The parsed and checked head of a safetensors file. */
record SafetensorsHeader(
    Map<String, Entry> entries, Map<String, String> metadata, long dataOffset) {
  static final int MAX_HEADER = 100_000_000;
  static final int MAX_TENSORS = 500_000;
  static final int MAX_RANK = 32;
  static final String METADATA = "__metadata__";

  private static final int PREFIX = Long.BYTES;

  /** A tensor and where its data begin, counted from the start of the data section. */
  record Entry(TensorInfo info, long begin) {}

  private record Span(String name, long begin, long end) {}

  static SafetensorsHeader parse(String origin, Bytes file) {
    if (file.size() < PREFIX + 2) {
      throw new InvalidModelFile(
          origin
              + ": "
              + file.size()
              + " bytes are too few for a safetensors file; the file is truncated");
    }
    long length = file.slice(0, PREFIX).getLong();
    if (length < 2 || length > MAX_HEADER || length > file.size() - PREFIX) {
      throw new InvalidModelFile(
          origin
              + ": header length "
              + Long.toUnsignedString(length)
              + " is outside [2, min("
              + MAX_HEADER
              + ", file size - 8 = "
              + (file.size() - PREFIX)
              + ")]; the file is truncated or not a safetensors file");
    }
    byte[] header = new byte[(int) length];
    ByteBuffer bytes = file.slice(PREFIX, (int) length);
    bytes.get(header);
    if (header[0] != '{') {
      throw new InvalidModelFile(
          origin + ": header does not begin with \"{\"; not a safetensors file");
    }
    long dataOffset = PREFIX + length;
    return new Parser(origin, file.size() - dataOffset).parse(header, dataOffset);
  }

  private static final class Parser {
    private final String origin;
    private final long dataSize;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    Parser(String origin, long dataSize) {
      this.origin = origin;
      this.dataSize = dataSize;
    }

    SafetensorsHeader parse(byte[] header, long dataOffset) {
      try (JsonParser json = Json.FACTORY.createParser(header)) {
        json.nextToken();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          if (json.nextToken() != JsonToken.START_OBJECT) {
            throw bad("\"" + clip(name) + "\" is not an object");
          }
          if (name.equals(METADATA)) {
            readMetadata(json);
          } else if (entries.size() == MAX_TENSORS) {
            throw bad("more than " + MAX_TENSORS + " tensors");
          } else {
            entries.put(name, readEntry(json, name));
          }
        }
        if (json.nextToken() != null) {
          throw bad("something follows the header's JSON object");
        }
      } catch (JsonProcessingException e) {
        throw new InvalidModelFile(
            origin + ": header is not valid JSON: " + clip(e.getOriginalMessage()), e);
      } catch (IOException e) {
        throw new InvalidModelFile(origin + ": header cannot be read: " + e.getMessage(), e);
      }
      checkCoverage();
      return new SafetensorsHeader(entries, metadata, dataOffset);
    }

    private void readMetadata(JsonParser json) throws IOException {
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String key = json.currentName();
        if (json.nextToken() != JsonToken.VALUE_STRING) {
          throw bad("metadata \"" + clip(key) + "\" is not a string");
        }
        metadata.put(key, json.getText());
      }
    }

    private Entry readEntry(JsonParser json, String name) throws IOException {
      StoredType type = null;
      long[] shape = null;
      long[] offsets = null;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "dtype" -> type = readType(json, name);
          case "shape" -> shape = readLongs(json, name, "shape", MAX_RANK);
          case "data_offsets" -> offsets = readLongs(json, name, "data_offsets", 2);
          default -> throw badTensor(name, "unknown field \"" + clip(field) + "\"");
        }
      }
      if (type == null || shape == null || offsets == null) {
        throw badTensor(name, "dtype, shape or data_offsets is missing");
      }
      if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > dataSize) {
        throw badTensor(
            name,
            "data_offsets "
                + Arrays.toString(offsets)
                + " do not fit in the file's "
                + dataSize
                + " data bytes");
      }
      long bytes = byteSize(name, type, shape);
      if (bytes != offsets[1] - offsets[0]) {
        throw badTensor(
            name,
            type
                + " of shape "
                + Arrays.toString(shape)
                + " takes "
                + bytes
                + " bytes, data_offsets span "
                + (offsets[1] - offsets[0]));
      }
      return new Entry(new TensorInfo(name, type, new Shape(shape)), offsets[0]);
    }

    private StoredType readType(JsonParser json, String name) throws IOException {
      if (json.currentToken() != JsonToken.VALUE_STRING) {
        throw badTensor(name, "dtype is not a string");
      }
      String text = json.getText();
      for (StoredType type : StoredType.values()) {
        if (type.name().equals(text)) {
          return type;
        }
      }
      throw new UnsupportedModel(
          origin
              + ": tensor \""
              + clip(name)
              + "\" has the element type \""
              + clip(text)
              + "\"; supported are "
              + Arrays.toString(StoredType.values()).toUpperCase(Locale.ROOT)
              + ". Convert the file to one of them.");
    }

    private long[] readLongs(JsonParser json, String name, String field, int limit)
        throws IOException {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw badTensor(name, field + " is not an array");
      }
      long[] values = new long[limit];
      int n = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
          throw badTensor(name, field + " holds something that is not an integer");
        }
        if (n == limit) {
          throw badTensor(name, field + " has more than " + limit + " elements");
        }
        long value = json.getLongValue();
        if (value < 0) {
          throw badTensor(name, field + " holds the negative number " + value);
        }
        values[n++] = value;
      }
      return Arrays.copyOf(values, n);
    }

    private long byteSize(String name, StoredType type, long... shape) {
      try {
        long size = type.bytes();
        for (long length : shape) {
          size = Math.multiplyExact(size, length);
        }
        return size;
      } catch (ArithmeticException e) {
        throw new InvalidModelFile(
            origin
                + ": tensor \""
                + clip(name)
                + "\": shape "
                + Arrays.toString(shape)
                + " overflows",
            e);
      }
    }

    /** The format wants data without holes or overlaps: each tensor begins where another ends. */
    private void checkCoverage() {
      List<Span> spans = new ArrayList<>(entries.size());
      entries.forEach((name, e) -> spans.add(new Span(name, e.begin, e.begin + e.info.byteSize())));
      spans.sort(Comparator.comparingLong(Span::begin).thenComparingLong(Span::end));
      long end = 0;
      for (Span span : spans) {
        if (span.begin != end) {
          throw badTensor(
              span.name,
              "data begin at "
                  + span.begin
                  + " where "
                  + end
                  + " was expected: tensors overlap or leave a hole");
        }
        end = span.end;
      }
      if (end != dataSize) {
        throw bad("tensors end at " + end + " but the file holds " + dataSize + " data bytes");
      }
    }

    private InvalidModelFile bad(String what) {
      return new InvalidModelFile(origin + ": " + what);
    }

    private InvalidModelFile badTensor(String name, String what) {
      return new InvalidModelFile(origin + ": tensor \"" + clip(name) + "\": " + what);
    }

    private static String clip(String text) {
      return text.length() <= 200 ? text : text.substring(0, 200) + "...";
    }
  }
}
