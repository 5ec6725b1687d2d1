package org.safety4j.core.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A part of a template that has a value. */
abstract class Expression {
  private final int line;

  Expression(int line) {
    this.line = line;
  }

  final Object value(Machine m, Frame frame) {
    m.at(line);
    m.enter();
    Object value = evaluate(m, frame);
    m.exit();
    return value;
  }

  final int line() {
    return line;
  }

  abstract Object evaluate(Machine m, Frame frame);

  static final class Constant extends Expression {
    private final Object constant;

    Constant(int line, Object constant) {
      super(line);
      this.constant = constant;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      return constant;
    }
  }

  static final class Variable extends Expression {
    final String name;

    Variable(int line, String name) {
      super(line);
      this.name = name;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      return frame.get(name);
    }
  }

  static final class Sequence extends Expression {
    final List<Expression> items;
    final boolean tuple;

    Sequence(int line, List<Expression> items, boolean tuple) {
      super(line);
      this.items = items;
      this.tuple = tuple;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      List<Object> values = new ArrayList<>(items.size());
      for (Expression item : items) {
        values.add(item.value(m, frame));
      }
      return tuple ? new Tuple(values) : values;
    }
  }

  static final class Mapping extends Expression {
    private final List<Expression> keys;
    private final List<Expression> values;

    Mapping(int line, List<Expression> keys, List<Expression> values) {
      super(line);
      this.keys = keys;
      this.values = values;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        map.put(
            Values.key(m, Values.defined(m, keys.get(i).value(m, frame))),
            values.get(i).value(m, frame));
      }
      return map;
    }
  }

  static final class Attribute extends Expression {
    final Expression object;
    final String name;

    Attribute(int line, Expression object, String name) {
      super(line);
      this.object = object;
      this.name = name;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      return Values.attribute(m, Values.defined(m, object.value(m, frame)), name);
    }
  }

  static final class Item extends Expression {
    private final Expression object;
    private final Expression key;

    Item(int line, Expression object, Expression key) {
      super(line);
      this.object = object;
      this.key = key;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      return Values.item(m, object.value(m, frame), key.value(m, frame));
    }
  }

  static final class Slice extends Expression {
    private final Expression object;
    private final Expression from;
    private final Expression to;
    private final Expression by;

    Slice(int line, Expression object, Expression from, Expression to, Expression by) {
      super(line);
      this.object = object;
      this.from = from;
      this.to = to;
      this.by = by;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      return Values.slice(
          m, object.value(m, frame), part(from, m, frame), part(to, m, frame), part(by, m, frame));
    }

    private static Object part(Expression e, Machine m, Frame frame) {
      return e == null ? null : e.value(m, frame);
    }
  }

  /** Arguments as written: by position, by name, spread lists and spread maps. */
  record Passed(
      List<Expression> positional, Map<String, Expression> named, Expression list, Expression map) {
    static final Passed NONE = new Passed(List.of(), Map.of(), null, null);

    Arguments values(Machine m, Frame frame, String callee) {
      List<Object> values = new ArrayList<>();
      for (Expression e : positional) {
        values.add(e.value(m, frame));
      }
      Map<String, Object> names = new LinkedHashMap<>();
      for (Map.Entry<String, Expression> entry : named.entrySet()) {
        names.put(entry.getKey(), entry.getValue().value(m, frame));
      }
      if (list != null) {
        values.addAll(Values.items(m, list.value(m, frame)));
      }
      if (map != null) {
        if (!(map.value(m, frame) instanceof Map<?, ?> more)) {
          throw m.fail("'**' must be followed by a map");
        }
        for (Map.Entry<?, ?> entry : more.entrySet()) {
          names.put(
              Values.expectText(m, "the name of an argument", entry.getKey()), entry.getValue());
        }
      }
      return new Arguments(callee, values, names);
    }
  }

  static final class Call extends Expression {
    final Expression callee;
    private final Passed passed;

    Call(int line, Expression callee, Passed passed) {
      super(line);
      this.callee = callee;
      this.passed = passed;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      return call(m, frame, null);
    }

    Object call(Machine m, Frame frame, Callable caller) {
      Object target = Values.defined(m, callee.value(m, frame));
      String name =
          callee instanceof Variable v
              ? v.name
              : callee instanceof Attribute a ? a.name : "the function";
      if (!(target instanceof Callable callable)) {
        throw m.fail("'" + name + "' is " + Values.type(target) + " and cannot be called");
      }
      Arguments arguments = passed.values(m, frame, name + "()");
      if (caller != null) {
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        named.put("caller", caller);
        arguments = new Arguments(arguments.callee(), arguments.positional(), named);
      }
      m.at(line());
      return callable.call(m, arguments);
    }
  }

  static final class Filtered extends Expression {
    private final Expression input;
    private final String name;
    private final Filters.Filter filter;
    private final Passed passed;

    Filtered(int line, Expression input, String name, Filters.Filter filter, Passed passed) {
      super(line);
      this.input = input;
      this.name = name;
      this.filter = filter;
      this.passed = passed;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      Object value = input.value(m, frame);
      Arguments arguments = passed.values(m, frame, "filter '" + name + "'");
      m.at(line());
      return filter.apply(m, value, arguments);
    }
  }

  static final class Tested extends Expression {
    private final Expression input;
    private final String name;
    private final Tests.Test test;
    private final Passed passed;

    Tested(int line, Expression input, String name, Tests.Test test, Passed passed) {
      super(line);
      this.input = input;
      this.name = name;
      this.test = test;
      this.passed = passed;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      Object value = input.value(m, frame);
      Arguments arguments = passed.values(m, frame, "test '" + name + "'");
      m.at(line());
      return test.holds(m, value, arguments);
    }
  }

  static final class Choice extends Expression {
    private final Expression condition;
    private final Expression then;
    private final Expression otherwise;

    Choice(int line, Expression condition, Expression then, Expression otherwise) {
      super(line);
      this.condition = condition;
      this.then = then;
      this.otherwise = otherwise;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      if (Values.truth(condition.value(m, frame))) {
        return then.value(m, frame);
      }
      return otherwise == null
          ? new Undefined("the condition was false and there is no 'else' value")
          : otherwise.value(m, frame);
    }
  }

  /** {@code and} and {@code or}: the value of the side that decides. */
  static final class Either extends Expression {
    private final boolean and;
    private final Expression left;
    private final Expression right;

    Either(int line, boolean and, Expression left, Expression right) {
      super(line);
      this.and = and;
      this.left = left;
      this.right = right;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      Object value = left.value(m, frame);
      return Values.truth(value) == and ? right.value(m, frame) : value;
    }
  }

  /** {@code not}, {@code -} and {@code +}. */
  static final class Unary extends Expression {
    private final String operator;
    private final Expression operand;

    Unary(int line, String operator, Expression operand) {
      super(line);
      this.operator = operator;
      this.operand = operand;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      Object value = operand.value(m, frame);
      if (operator.equals("not")) {
        return !Values.truth(value);
      }
      Values.defined(m, value);
      if (operator.equals("-")) {
        return value instanceof Double d ? (Object) (-d) : Values.binary(m, "-", 0L, value);
      }
      return Values.binary(m, "+", 0L, value);
    }
  }

  static final class Binary extends Expression {
    private final String operator;
    private final Expression left;
    private final Expression right;

    Binary(int line, String operator, Expression left, Expression right) {
      super(line);
      this.operator = operator;
      this.left = left;
      this.right = right;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      Object a = left.value(m, frame);
      Object b = right.value(m, frame);
      m.at(line());
      return Values.binary(m, operator, a, b);
    }
  }

  /** {@code a ~ b ~ c}: the texts of the parts. */
  static final class Joined extends Expression {
    private final List<Expression> parts;

    Joined(int line, List<Expression> parts) {
      super(line);
      this.parts = parts;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      StringBuilder out = new StringBuilder();
      for (Expression part : parts) {
        m.append(out, Values.text(m, part.value(m, frame)));
      }
      return out.toString();
    }
  }

  /** {@code a < b <= c}: every neighbouring pair must hold. */
  static final class Comparison extends Expression {
    private final Expression first;
    private final List<String> operators;
    private final List<Expression> others;

    Comparison(int line, Expression first, List<String> operators, List<Expression> others) {
      super(line);
      this.first = first;
      this.operators = operators;
      this.others = others;
    }

    @Override
    Object evaluate(Machine m, Frame frame) {
      Object left = first.value(m, frame);
      for (int i = 0; i < operators.size(); i++) {
        Object right = others.get(i).value(m, frame);
        m.at(line());
        if (!holds(m, operators.get(i), left, right)) {
          return false;
        }
        left = right;
      }
      return true;
    }

    static boolean holds(Machine m, String operator, Object a, Object b) {
      return switch (operator) {
        case "==" -> Values.equal(m, a, b);
        case "!=" -> !Values.equal(m, a, b);
        case "<" -> Values.compare(m, a, b) < 0;
        case "<=" -> Values.compare(m, a, b) <= 0;
        case ">" -> Values.compare(m, a, b) > 0;
        case ">=" -> Values.compare(m, a, b) >= 0;
        case "in" -> Values.contains(m, b, a);
        default -> !Values.contains(m, b, a);
      };
    }
  }
}
