package org.safety4j.core.text.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** A mutable holder whose attributes a template may set from inside loops. */
final class Namespace {
  final Map<String, Object> attributes = new LinkedHashMap<>();
}
